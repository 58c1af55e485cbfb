// How many tests passed and failed, read from the JSON reports of vitest and Playwright. A report that is missing or
// broken, a file that did not load, and an error outside any test each count as a failure.
import { readFileSync } from 'node:fs';
import { z } from 'zod';

export interface Counts {
  passed: number;
  failed: number;
}

const vitestReport = z.object({
  numPassedTests: z.number(),
  numFailedTests: z.number(),
  testResults: z.array(z.object({ status: z.string(), assertionResults: z.array(z.object({ status: z.string() })) })),
});

const playwrightReport = z.object({
  stats: z.object({ expected: z.number(), unexpected: z.number(), flaky: z.number() }),
  errors: z.array(z.unknown()),
});

export function countVitest(report: unknown): Counts {
  const { numPassedTests, numFailedTests, testResults } = vitestReport.parse(report);
  const hasFailedTest = (tests: { status: string }[]) => tests.some(({ status }) => status === 'failed');
  const brokenFiles = testResults.filter((file) => file.status === 'failed' && !hasFailedTest(file.assertionResults));
  return { passed: numPassedTests, failed: numFailedTests + brokenFiles.length };
}

export function countPlaywright(report: unknown): Counts {
  const { stats, errors } = playwrightReport.parse(report);
  return { passed: stats.expected, failed: stats.unexpected + stats.flaky + errors.length };
}

/**
 * Counts from the report at `path`. A run that failed has at least one failure, whatever its report says, and a run
 * without a single test is a failure.
 */
export function readCounts(path: string, isRunOk: boolean, count: (report: unknown) => Counts): Counts {
  let counts: Counts;
  try {
    counts = count(JSON.parse(readFileSync(path, 'utf8')));
  } catch {
    return { passed: 0, failed: 1 };
  }
  const isSuspicious = (!isRunOk && counts.failed === 0) || counts.passed + counts.failed === 0;
  return isSuspicious ? { ...counts, failed: 1 } : counts;
}
