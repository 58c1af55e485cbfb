import { describe, expect, it } from 'vitest';
import { answerScores, disagreement } from './answerScores.ts';
import type { Measured } from './evaluate.ts';
import type { Asked } from './questions.ts';
import { differenceOf, RESAMPLES, resample, scoresOf } from './resampling.ts';
import { bleuCounts, bleuOf } from './scores/bleu.ts';

const WORDS = 'the cat sat on a red mat while dogs ran over green fields'.split(' ');
const COUNT = 150;

const asked: Asked[] = Array.from({ length: COUNT }, (_, i) => ({
  line: i + 1,
  prompt: `question ${i}`,
  references: [Array.from({ length: 8 }, (__, w) => WORDS[(i * 7 + w * (1 + (i % 5))) % WORDS.length]).join(' ')],
}));

/** Right but for the questions that `isWrong` picks. */
function answerer(isWrong: (i: number) => boolean, loss = 1): Measured {
  return {
    losses: asked.map((_, i) => ({ loss: isWrong(i) ? 3 * loss : loss, tokens: 2, hits: isWrong(i) ? 0 : 2 })),
    answers: asked.map(({ references }, i) =>
      isWrong(i) ? `wrong ${references[0]?.slice(8)}` : (references[0] ?? ''),
    ),
  };
}

describe('scores with intervals', () => {
  const half = answerer((i) => i % 2 === 0);
  const [resampled] = resample(asked, [half], 1);
  const scores = scoresOf(resampled!, COUNT);

  it('are those of all questions', () => {
    expect(scores.exactMatch?.value).toBe(0.5);
    expect(scores.loss?.value).toBe(1);
    expect(scores.perplexity?.value).toBeCloseTo(Math.E, 12);
    expect(scores.tokenAccuracy?.value).toBe(0.5);
    const sums = asked
      .map(({ references }, i) => bleuCounts(half.answers![i]!, references))
      .reduce((a, b) => a.map((value, i) => value + b[i]!));
    expect(scores.bleu?.value).toBeCloseTo(bleuOf(sums), 12);
    expect(scores.bleu?.n).toBe(COUNT);
  });

  it('have the width that theory gives a share', () => {
    const deviation = Math.sqrt(0.25 / COUNT);
    expect(scores.exactMatch!.low).toBeCloseTo(0.5 - 1.96 * deviation, 1);
    expect(scores.exactMatch!.high).toBeCloseTo(0.5 + 1.96 * deviation, 1);
    expect(scores.exactMatch!.high - scores.exactMatch!.low).toBeGreaterThan(2 * deviation);
  });

  it('are the same for the same seed, and others for another', () => {
    expect(resample(asked, [half], 1)[0]).toEqual(resampled);
    expect(resample(asked, [half], 2)[0]!.get('bleu')!.samples).not.toEqual(resampled!.get('bleu')!.samples);
    expect(resampled!.get('bleu')!.samples).toHaveLength(RESAMPLES);
  });

  it('leave out what was not asked for', () => {
    const [alone] = resample(asked, [{ losses: half.losses, answers: undefined }], 1);
    expect([...alone!.keys()]).toEqual(['loss', 'perplexity', 'tokenAccuracy']);
  });
});

describe('differences', () => {
  const some = answerer((i) => i % 3 === 0);
  const most = answerer((i) => i % 3 !== 0);
  // As `some`, but for one question.
  const nearlySome = answerer((i) => i % 3 === 0 && i !== 30);
  const [a, b, c, same] = resample(asked, [some, most, nearlySome, some], 5);

  it('are beyond noise where nearly every resample agrees', () => {
    const worse = differenceOf(a!, b!, 'bleu')!;
    expect(worse.value).toBeLessThan(0);
    expect(worse.isBeyondNoise).toBe(true);
    expect(worse.high).toBeLessThan(0);
    expect(differenceOf(b!, a!, 'loss')!.isBeyondNoise).toBe(true);
  });

  it('are paired: one question less wrong is little, but never worse', () => {
    const difference = differenceOf(a!, c!, 'exactMatch')!;
    expect(difference.value).toBeCloseTo(1 / COUNT, 12);
    expect(difference.low).toBe(0);
    expect(difference.isBeyondNoise).toBe(false);
  });

  it('of equal answerers are nothing', () => {
    expect(differenceOf(a!, same!, 'chrf')).toEqual({ value: 0, low: 0, high: 0, isBeyondNoise: false });
  });
});

describe('single answers', () => {
  it('have scores of their own', () => {
    const measured = answerer((i) => i === 0);
    expect(answerScores(asked[1]!, measured, 1)).toMatchObject({
      exactMatch: true,
      bleu: expect.closeTo(100, 9),
      rougeL: 100,
      loss: 0.5,
    });
    expect(answerScores(asked[0]!, measured, 0).exactMatch).toBe(false);
    expect(answerScores(asked[0]!, { ...measured, answers: undefined }, 0)).toMatchObject({ bleu: null, loss: 1.5 });
  });

  it('disagree by their letters', () => {
    expect(disagreement(['a b c', ' a b c', 'a b c'])).toBe(0);
    expect(disagreement(['abc', 'xyz'])).toBe(100);
    const [near, far] = [disagreement(['the red cat', 'the red hat']), disagreement(['the red cat', 'no fish here'])];
    expect(near).toBeGreaterThan(0);
    expect(near).toBeLessThan(far);
    expect(disagreement(['alone'])).toBe(0);
  });
});
