import Papa from 'papaparse';
import { describe, expect, it } from 'vitest';
import { testRun, withRank } from '../../runs/testRun.ts';
import { rankDash } from '../../theme/rankColour.ts';
import { curvesCsv, runsCsv } from './compareCsv.ts';
import { runMarks } from './runMarks.ts';

const evaluations = [{ step: 2, rows: 4, loss: 1.25, perplexity: 3.5, tokenAccuracy: 0.5 }];
const runs = [
  testRun({ name: 'one, two', evaluations }),
  testRun({ id: 'b', name: 'b' }),
  testRun({ settings: withRank(64) }),
];

describe('marks of compared runs', () => {
  it('tells runs of one rank apart by letter and dash', () => {
    const marks = runMarks(runs);
    expect(marks.map(({ label }) => label)).toEqual(['r 8 a', 'r 8 b', 'r 64']);
    expect(marks[0]?.dash).toEqual(rankDash(8));
    expect(marks[1]?.dash).not.toEqual(marks[0]?.dash);
  });

  it('says the matrices or the seed where these tell runs of one rank apart', () => {
    const { adapter, training } = withRank(8);
    const labels = (settings: (typeof runs)[number]['settings'][]) =>
      runMarks(settings.map((one, at) => testRun({ id: String(at), settings: one }))).map(({ label }) => label);
    const on = (...targets: typeof adapter.targets) => ({ adapter: { ...adapter, targets }, training });
    const seeded = (seed: number) => ({ adapter, training: { ...training, seed } });
    expect(labels([on('q'), on('q', 'v'), withRank(64)])).toEqual(['r 8 q', 'r 8 qv', 'r 64']);
    expect(labels([seeded(1), seeded(2)])).toEqual(['r 8 s1', 'r 8 s2']);
    expect(labels([seeded(123456), seeded(2)])).toEqual(['r 8 a', 'r 8 b']);
    const rated = (learningRate: number) => ({ adapter, training: { ...training, learningRate } });
    expect(labels([rated(2e-4), rated(1e-3)])).toEqual(['r 8 2e-4', 'r 8 1e-3']);
    const many = labels(Array.from({ length: 28 }, () => withRank(8)));
    expect(many.slice(-3)).toEqual(['r 8 z', 'r 8 aa', 'r 8 ab']);
    const both = [on('q'), on('q', 'v'), { ...on('q'), training: { ...training, seed: 1 } }];
    expect(labels(both)).toEqual(['r 8 q s42', 'r 8 qv s42', 'r 8 q s1']);
  });
});

describe('CSV of the comparison', () => {
  it('has a row per run, numbers bare', () => {
    const rows = Papa.parse<Record<string, string>>(runsCsv(runs), { header: true, skipEmptyLines: true }).data;
    expect(rows.map(({ name, rank, validationLoss }) => [name, rank, validationLoss])).toEqual([
      ['one, two', '8', '1.25'],
      ['b', '8', ''],
      ['First run', '64', ''],
    ]);
  });

  it('has a row per step, with the validation loss where one was measured', () => {
    const step = (n: number) => ({
      step: n,
      loss: n / 2,
      learningRate: 1e-3,
      gradientNorm: 1,
      tokens: 9,
      targetTokens: 4,
      elapsedMs: n * 10,
    });
    const csv = curvesCsv(runs.slice(0, 2).map((run) => ({ run, metrics: [step(1), step(2)] })));
    const rows = Papa.parse<Record<string, string>>(csv, { header: true, skipEmptyLines: true }).data;
    expect(rows.map(({ name, step: n, loss, validationLoss }) => [name, n, loss, validationLoss])).toEqual([
      ['one, two', '1', '0.5', ''],
      ['one, two', '2', '1', '1.25'],
      ['b', '1', '0.5', ''],
      ['b', '2', '1', ''],
    ]);
  });
});
