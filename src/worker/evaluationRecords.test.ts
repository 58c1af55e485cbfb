// Kept answers put side by side. Under Node there is no IndexedDB, so the library that lasts as long as the page is used.
import { beforeAll, describe, expect, it } from 'vitest';
import type { StoredAnswers } from '../storage/runLibrary.ts';
import { evaluationOf } from './evaluationRecords.ts';
import { library } from './library.ts';

const COUNT = 40;

function kept(ownerId: string, isRight: (i: number) => boolean, hasAnswers = true): StoredAnswers {
  const places = Array.from({ length: COUNT }, (_, i) => i);
  return {
    ownerId,
    dataKey: 'towns',
    dataName: 'Towns',
    evaluatedAt: 5,
    questions: places.map((i) => ({
      line: i + 1,
      prompt: `Where is ${i}?`,
      references: [`town ${i} is here`],
      rows: 2,
    })),
    losses: places.map((i) => ({ loss: isRight(i) ? 1 : 6, tokens: 2, hits: isRight(i) ? 2 : 0 })),
    answers: hasAnswers ? places.map((i) => (isRight(i) ? `town ${i} is here` : 'no idea')) : null,
  };
}

beforeAll(async () => {
  const stored = await library();
  await stored.putAnswers(kept('base model f16', () => false));
  await stored.putAnswers(kept('good', () => true));
  await stored.putAnswers(kept('half', (i) => i % 2 === 0));
  await stored.putAnswers(kept('silent', () => true, false));
});

describe('an evaluation', () => {
  it('has those that answered, scored on the same questions', async () => {
    const evaluation = await evaluationOf(['base model f16', 'gone', 'half', 'good'], 'towns');
    expect(evaluation).toMatchObject({ dataKey: 'towns', dataName: 'Towns', rows: 2 * COUNT, hasAnswers: true });
    expect(evaluation.answerers.map(({ runId }) => runId)).toEqual([null, 'half', 'good']);
    expect(evaluation.answerers.map(({ scores }) => scores.exactMatch?.value)).toEqual([0, 0.5, 1]);
    expect(evaluation.answerers.map(({ scores }) => scores.loss?.value)).toEqual([3, 1.75, 0.5]);
    const verdict = evaluation.verdicts.find(({ name }) => name === 'bleu');
    expect(verdict).toEqual({ name: 'bleu', best: 2, withinNoise: [], worse: [0, 1] });
  });

  it('has every answer, and how far they disagree', async () => {
    const { questions } = await evaluationOf(['half', 'good'], 'towns');
    expect(questions).toHaveLength(COUNT);
    expect(questions[0]).toMatchObject({ line: 1, disagreement: 0, answers: [{ exactMatch: true }, { loss: 0.5 }] });
    expect(questions[1]!.answers.map(({ text }) => text)).toEqual(['no idea', 'town 1 is here']);
    expect(questions[1]!.disagreement).toBeGreaterThan(50);
  });

  it('may be of losses alone', async () => {
    const { hasAnswers, questions, answerers } = await evaluationOf(['silent'], 'towns');
    expect([hasAnswers, questions[0]!.answers[0]!.text, answerers[0]!.scores.bleu]).toEqual([false, null, undefined]);
  });

  it('that nobody has is an error', async () => {
    await expect(evaluationOf(['gone'], 'towns')).rejects.toThrow('evaluate the runs again');
  });
});
