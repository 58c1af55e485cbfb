// Scores against sacreBLEU and rouge-score: e2e/reference/scores.py made the numbers.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { bleuCounts, bleuOf, sentenceBleu, tokenize13a } from './bleu.ts';
import { chrfCounts, chrfOf } from './chrf.ts';
import { isExactMatch } from './exactMatch.ts';
import { rougeL } from './rougeL.ts';

const fixture = z
  .object({
    rows: z.array(
      z.object({
        answer: z.string(),
        references: z.array(z.string()),
        bleu: z.number(),
        chrf: z.number(),
        rougeL: z.number(),
      }),
    ),
    corpora: z.array(
      z.object({ name: z.string(), from: z.number(), to: z.number(), bleu: z.number(), chrf: z.number() }),
    ),
  })
  .parse(JSON.parse(readFileSync(new URL('../../../e2e/fixtures/scores/scores.json', import.meta.url), 'utf8')));

/** Both sides add in double precision, in other orders. */
const DIGITS = 9;

function sum(rows: readonly (readonly number[])[]): number[] {
  return (rows[0] ?? []).map((_, i) => rows.reduce((total, row) => total + row[i]!, 0));
}

describe('scores of one answer', () => {
  it.each(fixture.rows.map((row) => [row.answer.slice(0, 40), row] as const))('%j', (_, row) => {
    expect(sentenceBleu(bleuCounts(row.answer, row.references))).toBeCloseTo(row.bleu, DIGITS);
    expect(chrfOf(chrfCounts(row.answer, row.references))).toBeCloseTo(row.chrf, DIGITS);
    expect(rougeL(row.answer, row.references)).toBeCloseTo(row.rougeL, DIGITS);
  });
});

describe('scores of a corpus', () => {
  it.each(fixture.corpora.map((corpus) => [corpus.name, corpus] as const))('%s', (_, { from, to, bleu, chrf }) => {
    const rows = fixture.rows.slice(from, to);
    expect(bleuOf(sum(rows.map((row) => bleuCounts(row.answer, row.references))))).toBeCloseTo(bleu, DIGITS);
    expect(chrfOf(sum(rows.map((row) => chrfCounts(row.answer, row.references))))).toBeCloseTo(chrf, DIGITS);
  });
});

it('cuts words as mteval-v13a', () => {
  expect(tokenize13a('It costs $1,234.56 (2-3 times), i.e. "cheap".')).toEqual(
    'It costs $ 1,234.56 ( 2 - 3 times ) , i . e . " cheap " .'.split(' '),
  );
});

it('an exact match is one of the references, blanks aside', () => {
  expect(isExactMatch(' a  b\n', ['c', 'a b'])).toBe(true);
  expect(isExactMatch('A b', ['a b'])).toBe(false);
  expect(isExactMatch('', [''])).toBe(true);
});
