import { describe, expect, it } from 'vitest';
import type { Evaluation } from '../../../worker/protocol/evaluation.ts';
import type { RunRecord } from '../../../worker/protocol/runs.ts';
import { TEST_SETTINGS, testRun, withRank } from '../../runs/testRun.ts';
import { costsOf, reductionText } from './costs.ts';
import { enoughRank, isWithinNoise } from './enoughRank.ts';
import { outputsOf } from './outputs.ts';
import { chosenMeasure, qualityMeasures } from './quality.ts';
import { wilson } from './wilson.ts';

function scored(rank: number, value: number, half: number, changes: Partial<RunRecord> = {}): RunRecord {
  const adapter = { exactMatch: { value, low: value - half, high: value + half, n: 200 } };
  const scores = { dataKey: 'rows', dataName: 'SQL', evaluatedAt: 1, questions: 200, rows: 200, adapter, base: null };
  return testRun({ id: `${rank} ${value}`, settings: withRank(rank), scores: [scores], ...changes });
}

function seeded(rank: number, seed: number, loss: number): RunRecord {
  const { adapter } = withRank(rank);
  return testRun({
    id: `${rank} ${seed}`,
    settings: { adapter, training: { ...TEST_SETTINGS.training, seed } },
    evaluations: [{ step: 200, rows: 10, loss, perplexity: Math.exp(loss), tokenAccuracy: 0.5 }],
  });
}

function sentence(runs: RunRecord[], evaluation: Evaluation | null = null): string | null {
  const measure = chosenMeasure(qualityMeasures(runs), null);
  return measure ? enoughRank(runs, measure, evaluation) : null;
}

describe('the smallest rank that is enough', () => {
  it('is the smallest within noise of the best', () => {
    const runs = [scored(1, 0.7, 0.03), scored(8, 0.96, 0.02), scored(64, 0.97, 0.02)];
    expect(sentence(runs)).toBe(
      'Rank 8 is enough here: its exact match, 96.0\u00a0% [94.0\u00a0% to 98.0\u00a0%], is within noise of the best, 97.0\u00a0% [95.0\u00a0% to 99.0\u00a0%] at rank 64.',
    );
  });

  it('is the best where every smaller one is worse by more than noise', () => {
    const text = sentence([scored(1, 0.7, 0.03), scored(64, 0.97, 0.02)]);
    expect(text).toMatch(
      /^Rank 64 is the smallest that is enough here: .* every smaller rank is worse by more than noise\.$/,
    );
  });

  it('is the smallest where that is the best', () => {
    expect(sentence([scored(1, 0.97, 0.02), scored(64, 0.7, 0.03)])).toMatch(
      /^Rank 1 .* no smaller rank was compared\.$/,
    );
  });

  it('says what else differs', () => {
    const other = scored(64, 0.97, 0.02, { data: { ...testRun().data, name: 'Other rows' } });
    expect(sentence([scored(1, 0.96, 0.02), other])).toMatch(/These runs also differ in data\.$/);
  });

  it('does not make up noise where there is none to be seen, and takes it from seeds where there are some', () => {
    expect(sentence([seeded(1, 1, 2), seeded(8, 1, 1.99)])).toMatch(/within 1 %.* noise is not known/s);
    const seeds = [
      seeded(1, 1, 2),
      seeded(1, 2, 2.1),
      seeded(1, 3, 1.9),
      seeded(8, 1, 1.98),
      seeded(8, 2, 2.05),
      seeded(8, 3, 1.9),
    ];
    expect(sentence(seeds)).toMatch(
      /^Rank 1 is enough here: its held-out loss, 2\.000 \[.*\] over 3 seeds, is within noise/,
    );
    const apart = [seeded(1, 1, 3), seeded(1, 2, 3.01), seeded(8, 1, 1.98), seeded(8, 2, 1.99)];
    expect(sentence(apart)).toMatch(/^Rank 8 is the smallest that is enough/);
  });

  it('takes the same run again for no second seed', () => {
    expect(sentence([seeded(1, 1, 2), seeded(1, 1, 2), seeded(8, 1, 1.99)])).toMatch(/noise is not known/);
  });

  it('believes answers to the same questions more than intervals', () => {
    const runs = [scored(1, 0.9, 0.01), scored(8, 0.96, 0.01)];
    const evaluation = (withinNoise: number[]): Evaluation => ({
      dataKey: 'rows',
      dataName: 'SQL',
      rows: 200,
      hasAnswers: true,
      answerers: [null, ...runs.map(({ id }) => id)].map((runId) => ({ runId, evaluatedAt: 1, scores: {} })),
      verdicts: [{ name: 'exactMatch', best: 2, withinNoise, worse: [] }],
      questions: [],
    });
    expect(sentence(runs, evaluation([]))).toMatch(/^Rank 8 is the smallest/);
    expect(sentence(runs, evaluation([1]))).toMatch(/^Rank 1 is enough/);
  });

  it('needs two ranks', () => {
    expect(sentence([scored(8, 0.9, 0.02), scored(8, 0.8, 0.02)])).toBeNull();
  });

  it('looks at the sides of the intervals that face each other', () => {
    const best = { value: 0.9, low: 0.89, high: 0.99 };
    expect(isWithinNoise({ value: 0.85, low: 0.5, high: 0.86 }, best, 'high')).toBe(false);
    expect(isWithinNoise({ value: 0.85, low: 0.84, high: 0.9 }, best, 'high')).toBe(true);
  });
});

it('scores on other rows are measures of their own', () => {
  const elsewhere = scored(4, 0.5, 0.1);
  const other = { ...elsewhere, scores: elsewhere.scores?.map((scores) => ({ ...scores, dataKey: 'others' })) ?? [] };
  const measures = qualityMeasures([scored(1, 0.7, 0.03), other]);
  expect(measures.map(({ key }) => key)).toEqual(['exactMatch rows', 'exactMatch others']);
});

it('Wilson’s interval stays inside 0 and 1', () => {
  const none = wilson(0, 600);
  expect(none.low).toBeCloseTo(0, 12);
  expect(none.high).toBeCloseTo(0.00636, 5);
  const most = wilson(0.962, 600);
  expect([most.low, most.high].map((end) => Number(end.toFixed(3)))).toEqual([0.944, 0.975]);
});

it('costs: full fine-tuning by arithmetic', () => {
  const costs = costsOf(testRun());
  expect(costs.map(({ key, adapter, full }) => [key, adapter, full])).toEqual([
    ['trainableParameters', 4096, 1_000_000],
    ['fileBytes', 17_000, 4_000_000],
    // Weights, gradient and two moments of four bytes each, and the activations.
    ['gpuBytes', 13_064_000, 25_000_000],
    ['stepMs', 300, 450],
  ]);
  const race = { id: 'race', name: 'Race', adapter: 'r8', place: 0, size: 4 };
  expect(costsOf(Object.assign(testRun(), { race })).map(({ full }) => full)).toEqual([
    1_000_000,
    4_000_000,
    null,
    null,
  ]);
  expect(costs.map(reductionText)).toEqual(['244× less', '235× less', '1.9× less', '1.5× less']);
});

it('outputs: the last answer to each prompt that two runs answered', () => {
  const samples = [
    { step: 0, prompt: 'p', text: 'old' },
    { step: 9, prompt: 'p', text: 'new' },
    { step: 9, prompt: 'alone', text: 'x' },
  ];
  const runs = [testRun({ samples }), testRun({ id: 'b', samples: [{ step: 9, prompt: 'p', text: 'other' }] })];
  const source = 'each run’s last sample';
  const questions = [{ prompt: 'p', reference: null, texts: ['new', 'other'] }];
  expect(outputsOf(runs, null)).toEqual({ source, questions });
});

it('outputs of an evaluation: the rows that divide the runs first', () => {
  const answer = (text: string) => ({ text, loss: 1, exactMatch: null, bleu: null, rougeL: null, chrf: null });
  const evaluation: Evaluation = {
    dataKey: 'rows',
    dataName: 'SQL',
    rows: 2,
    hasAnswers: true,
    answerers: ['b', 'a'].map((runId) => ({ runId, evaluatedAt: 1, scores: {} })),
    verdicts: [],
    questions: [
      { line: 1, prompt: 'same', references: ['x'], answers: [answer('x'), answer('x')], disagreement: 0 },
      { line: 2, prompt: 'apart', references: ['x'], answers: [answer('x'), answer('y')], disagreement: 9 },
    ],
  };
  const runs = [testRun({ id: 'a' }), testRun({ id: 'b' }), testRun({ id: 'never asked' })];
  expect(outputsOf(runs, evaluation)?.questions).toEqual([
    { prompt: 'apart', reference: 'x', texts: ['y', 'x', null] },
    { prompt: 'same', reference: 'x', texts: ['x', 'x', null] },
  ]);
});
