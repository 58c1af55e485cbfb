import { describe, expect, it } from 'vitest';
import { verdictOf } from './verdict.ts';

const table = { columns: ['town', 'score'], rows: [['Arl', 3] as (string | number)[]] };
const query = (target: string) => ({ prompt: 'p', target, table });
const result = (...rows: string[][]) => ({ columns: ['town'], rows });

describe('verdictOf', () => {
  it('judges text by its words', () => {
    const example = { prompt: 'p', target: 'The Mill serves fish .', table: null };
    expect(verdictOf(example, ' The Mill  serves fish .\n', null, null)).toBe('right');
    expect(verdictOf(example, 'The Mill serves meat .', null, null)).toBe('wrong');
    expect(verdictOf(null, 'anything', null, null)).toBe('unknown');
  });

  it('judges a query by its result, in whatever words it was asked', () => {
    const example = query('SELECT town FROM t');
    expect(verdictOf(example, 'select TOWN from t', result(['Arl'], ['Bo']), result(['Bo'], ['Arl']))).toBe('right');
    expect(verdictOf(example, 'SELECT town FROM t', result(['Arl']), result(['Arl'], ['Arl']))).toBe('wrong');
    expect(verdictOf(example, 'flow: data', result(['Arl']), { error: 'syntax error' })).toBe('wrong');
    expect(verdictOf(example, 'SELECT', result(['Arl']), null)).toBe('unknown');
  });

  it('minds the order of rows where the right query does', () => {
    const example = query('SELECT town FROM t ORDER BY score DESC LIMIT 2');
    expect(verdictOf(example, '', result(['Arl'], ['Bo']), result(['Bo'], ['Arl']))).toBe('wrong');
  });
});
