import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { countPlaywright, countVitest, readCounts } from './counts.ts';

const folder = mkdtempSync(join(tmpdir(), 'rankwise-counts-'));
afterAll(() => rmSync(folder, { recursive: true }));

function reportFile(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

const fileWith = (status: string, ...tests: string[]) => ({
  status,
  assertionResults: tests.map((test) => ({ status: test })),
});

describe('counts', () => {
  it('adds a file that did not load to the failed tests', () => {
    const testResults = [fileWith('passed', 'passed', 'passed'), fileWith('failed', 'failed'), fileWith('failed')];
    expect(countVitest({ numPassedTests: 2, numFailedTests: 1, testResults })).toEqual({ passed: 2, failed: 2 });
  });

  it('counts a flaky journey and an error outside tests as failures', () => {
    const report = { stats: { expected: 4, unexpected: 1, flaky: 1 }, errors: [{ message: 'no server' }] };
    expect(countPlaywright(report)).toEqual({ passed: 4, failed: 3 });
  });

  it('never reports success for a run that failed, ran nothing or left no report', () => {
    const green = JSON.stringify({ numPassedTests: 1, numFailedTests: 0, testResults: [fileWith('passed', 'passed')] });
    const empty = JSON.stringify({ numPassedTests: 0, numFailedTests: 0, testResults: [] });
    expect(readCounts(reportFile('green.json', green), true, countVitest)).toEqual({ passed: 1, failed: 0 });
    expect(readCounts(reportFile('green.json', green), false, countVitest)).toEqual({ passed: 1, failed: 1 });
    expect(readCounts(reportFile('empty.json', empty), true, countVitest)).toEqual({ passed: 0, failed: 1 });
    expect(readCounts(reportFile('cut.json', green.slice(0, 20)), true, countVitest)).toEqual({ passed: 0, failed: 1 });
    expect(readCounts(join(folder, 'none.json'), true, countVitest)).toEqual({ passed: 0, failed: 1 });
  });
});
