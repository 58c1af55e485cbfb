import { expect, it } from 'vitest';
import type { EvaluatedQuestion, Evaluation } from '../../../../worker/protocol/evaluation.ts';
import { testRun } from '../../../runs/testRun.ts';
import { listAnswers } from './answerRows.ts';
import { keptEvaluations } from './evaluateStore.ts';
import { answersCsv, distinctNames, scoresCsv, scoresShown, verdictSentences } from './evaluationWords.ts';

function question(line: number, texts: [string, boolean, number, number][], disagreement: number): EvaluatedQuestion {
  const answers = texts.map(([text, exactMatch, chrf, loss]) => ({ text, exactMatch, chrf, loss, bleu: 0, rougeL: 0 }));
  return { line, prompt: `Context ${line}\n`, references: [`right ${line}`], answers, disagreement };
}

const questions = [
  question(
    1,
    [
      ['right 1', true, 100, 0.1],
      ['right 1', true, 100, 0.2],
    ],
    0,
  ),
  question(
    2,
    [
      ['wrong, "so"', false, 30, 2],
      ['right 2', true, 100, 0.5],
    ],
    60,
  ),
  question(
    3,
    [
      ['no', false, 10, 1],
      ['nothing', false, 20, 3],
    ],
    80,
  ),
];

const score = (value: number) => ({ value, low: value - 1, high: value + 1, n: 3 });
const evaluation: Evaluation = {
  dataKey: 'k',
  dataName: 'Towns, held-out rows',
  rows: 4,
  hasAnswers: true,
  answerers: [
    { runId: null, evaluatedAt: 1, scores: { loss: score(2), bleu: score(10) } },
    { runId: 'a', evaluatedAt: 1, scores: { loss: score(1), bleu: score(40) } },
    { runId: 'b', evaluatedAt: 1, scores: { loss: score(1.1) } },
  ],
  verdicts: [
    { name: 'loss', best: 1, withinNoise: [2], worse: [0] },
    { name: 'perplexity', best: 1, withinNoise: [2], worse: [0] },
    { name: 'bleu', best: 1, withinNoise: [], worse: [0] },
  ],
  questions,
};
const names = ['Base', 'r 4', 'r 8'];

const lines = (choice: Partial<Parameters<typeof listAnswers>[1]>) =>
  listAnswers(questions, { filter: 'all', order: 'line', search: '', ...choice }).map(({ line }) => line);

it('lists answers by what they are and in the order asked for', () => {
  expect(lines({})).toEqual([1, 2, 3]);
  expect(lines({ order: 'disagreement' })).toEqual([3, 2, 1]);
  expect(lines({ order: 'chrf' })).toEqual([3, 2, 1]);
  expect(lines({ order: 'loss' })).toEqual([3, 2, 1]);
  expect(lines({ filter: 'differ' })).toEqual([2, 3]);
  expect(lines({ filter: 'someWrong' })).toEqual([2, 3]);
  expect(lines({ filter: 'noneRight' })).toEqual([3]);
  expect(lines({ filter: 'allRight' })).toEqual([1]);
  expect(lines({ search: ' NOTHING' })).toEqual([3]);
  expect(lines({ search: 'context 2' })).toEqual([2]);
});

it('tells runs of one name apart', () => {
  expect(distinctNames(['Base', 'SQL, r 8', 'SQL, r 8', 'SQL, r 8'])).toEqual([
    ...['Base', 'SQL, r 8', 'SQL, r 8 (2)', 'SQL, r 8 (3)'],
  ]);
});

it('says what is beyond noise', () => {
  expect(verdictSentences(evaluation, names)).toEqual([
    'Loss: r 4 is best; r 8 is within noise of it; Base is worse beyond noise.',
    'BLEU: r 4 is best; Base is worse beyond noise.',
  ]);
});

it('finds no best where all are the same', () => {
  const same = evaluation.answerers.map((each) => ({ ...each, scores: { ...each.scores, bleu: score(10) } }));
  const [, bleu] = verdictSentences({ ...evaluation, answerers: same }, names);
  expect(bleu).toBe('BLEU: the same for all.');
});

it('gives scores and answers as CSV', () => {
  expect(scoresShown({ ...evaluation, hasAnswers: false }).map(({ name }) => name)).toEqual([
    ...['loss', 'perplexity', 'tokenAccuracy'],
  ]);
  const [header, base] = scoresCsv(evaluation, names).split('\r\n');
  expect(header).toMatch(/^answerer,loss,loss low,loss high,.*chrf high,contexts,rows$/);
  expect(base).toBe('Base,2,1,3,,,,,,,,,,10,9,11,,,,,,,3,4');
  const answers = answersCsv(evaluation, ['Base', 'r 4']).split('\r\n');
  expect(answers[2]).toMatch(/^2,"Context 2\n",right 2,60,"wrong, ""so""",2,false,0,0,30,right 2,0\.5,true/);
});

it('gathers what runs keep by the rows that they answered', () => {
  const kept = (dataKey: string, evaluatedAt: number) => ({
    ...{ dataKey, dataName: `data ${dataKey}`, evaluatedAt, questions: 3, rows: 4, adapter: {}, base: null },
  });
  const runs = [
    testRun({ id: 'a', scores: [kept('x', 1)] }),
    testRun({ id: 'b', scores: [kept('y', 3), kept('x', 2)] }),
    testRun({ id: 'c' }),
  ];
  expect(keptEvaluations(runs)).toMatchObject([
    { dataKey: 'y', contexts: 3, runIds: ['b'] },
    { dataKey: 'x', dataName: 'data x', runIds: ['a', 'b'] },
  ]);
});
