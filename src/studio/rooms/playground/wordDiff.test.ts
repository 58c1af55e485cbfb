import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { markAnswer } from './markAnswer.ts';
import { isSameText, wordDiff } from './wordDiff.ts';

const shown = (segments: ReturnType<typeof wordDiff>) => segments.map(({ kind, text }) => [kind, text]);

describe('wordDiff', () => {
  it('marks a word that was exchanged, and nothing else', () => {
    expect(shown(wordDiff('SELECT name FROM towns', 'SELECT height FROM towns'))).toEqual([
      ['same', 'SELECT'],
      ['missing', ' name'],
      ['extra', ' height'],
      ['same', ' FROM towns'],
    ]);
  });

  it('marks what an answer says beyond the reference, and what it leaves out', () => {
    expect(shown(wordDiff('a b', 'a b c'))).toEqual([
      ['same', 'a b'],
      ['extra', ' c'],
    ]);
    expect(shown(wordDiff('a b c', 'a c'))).toEqual([
      ['same', 'a'],
      ['missing', ' b'],
      ['same', ' c'],
    ]);
    expect(shown(wordDiff('', ''))).toEqual([]);
    expect(shown(wordDiff('a', ''))).toEqual([['missing', 'a']]);
  });

  it('takes a line break for a blank, and punctuation for a word of its own', () => {
    expect(shown(wordDiff('one two.', 'one\ntwo!'))).toEqual([
      ['same', 'one\ntwo'],
      ['missing', '.'],
      ['extra', '!'],
    ]);
    expect(isSameText(' one\n two ', 'one two')).toBe(true);
    expect(isSameText('one two', 'one, two')).toBe(false);
  });

  it('gives both texts back whatever they are', () => {
    const text = fc
      .array(fc.constantFrom('a', 'b', 'c', ' ', '\n', '.', 'é'), { maxLength: 30 })
      .map((t) => t.join(''));
    const bare = (s: string) => s.replaceAll(/\s/g, '');
    fc.assert(
      fc.property(text, text, (reference, answer) => {
        const segments = wordDiff(reference, answer);
        const of = (...kinds: string[]) =>
          segments.flatMap((segment) => (kinds.includes(segment.kind) ? segment.text : [])).join('');
        expect(of('same', 'extra')).toBe(answer.trimEnd());
        expect(bare(of('same', 'missing'))).toBe(bare(reference));
      }),
    );
  });

  it('marks an answer of another kind as a whole', () => {
    const query = 'SELECT town FROM t ORDER BY score DESC LIMIT 1';
    expect(markAnswer(query, 'flow: data > sort -score > take town').map(({ kind }) => kind)).toEqual(['extra']);
    expect(markAnswer(query, query.replace('DESC', 'ASC')).map(({ kind }) => kind)).toEqual([
      'same',
      'missing',
      'extra',
      'same',
    ]);
    expect(markAnswer(query, query).map(({ kind }) => kind)).toEqual(['same']);
  });

  it('compares very long texts by line', () => {
    const lines = Array.from({ length: 400 }, (_, i) => `line ${i} of some four words`);
    const changed = lines.map((line, i) => (i % 100 === 50 ? `${line} more` : i === 0 || i === 399 ? `${i}` : line));
    const extra = wordDiff(lines.join('\n'), changed.join('\n')).filter(({ kind }) => kind === 'extra');
    expect(extra.map(({ text }) => text.trim())).toEqual(expect.arrayContaining(['line 150 of some four words more']));
  });
});
