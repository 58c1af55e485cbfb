import { expect, it } from 'vitest';
import { allResults, bestOf, resultFields } from './resultFields.ts';
import { testRun } from './testRun.ts';

const evaluation = (step: number, loss: number) => ({
  step,
  rows: 8,
  loss,
  perplexity: Math.exp(loss),
  tokenAccuracy: 0.5,
});

it('tells last and best validation loss, and leaves out what was not measured', () => {
  const fields = resultFields(testRun({ evaluations: [evaluation(1, 2), evaluation(2, 1), evaluation(3, 1.5)] }));
  expect(fields.find(({ key }) => key === 'validationLoss')?.text).toBe('1.500');
  expect(fields.find(({ key }) => key === 'bestValidationLoss')?.text).toBe('1.000');
  expect(fields.map(({ key }) => key)).not.toContain('rightAnswers');
});

it('finds the best of several runs, by the sense of the number', () => {
  const accuracy = (adapter: number) => ({ base: 0, adapter, rows: 500 });
  const runs = [
    testRun({ evaluations: [evaluation(1, 2)], accuracy: accuracy(0.5) }),
    testRun({ evaluations: [evaluation(1, 1)], accuracy: accuracy(0.8) }),
    testRun({ accuracy: accuracy(0.8) }),
  ];
  const best = (key: string) => bestOf(runs.flatMap((run) => allResults(run).filter((field) => field.key === key)));
  expect(best('validationLoss')).toEqual([1]);
  expect(best('rightAnswers')).toEqual([1, 2]);
  expect(best('elapsedMs')).toEqual([]);
  expect(best('trainingLoss')).toEqual([]);
});
