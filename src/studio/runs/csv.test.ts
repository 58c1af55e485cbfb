import Papa from 'papaparse';
import { describe, expect, it } from 'vitest';
import { toCsv } from './csv.ts';

describe('toCsv', () => {
  it('comes back from a reader cell by cell', () => {
    const rows = [
      ['plain', 'a,b', 'say "hi"', 'two\r\nlines', ''],
      ['é', ' spaced ', '"', ',', '\n'],
    ];
    const header = ['one', 'two', 'three', 'four', 'five, six'];
    expect(Papa.parse<string[]>(toCsv(header, rows), { skipEmptyLines: 'greedy' }).data).toEqual([header, ...rows]);
  });

  it('leaves a cell empty for nothing and for what is no number', () => {
    expect(toCsv(['a', 'b', 'c', 'd'], [[null, undefined, Number.NaN, 0.1]])).toBe('a,b,c,d\r\n,,,0.1\r\n');
  });
});
