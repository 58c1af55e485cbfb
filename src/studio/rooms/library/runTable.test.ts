import { describe, expect, it } from 'vitest';
import { testRun, withRank } from '../../runs/testRun.ts';
import { searchRuns, sortRuns } from './runTable.ts';

const evaluation = (loss: number) => ({ step: 1, rows: 1, loss, perplexity: 1, tokenAccuracy: 0 });
const runs = [
  testRun({ id: 'a', name: 'run 10', createdAt: 1, settings: withRank(4), evaluations: [evaluation(2)] }),
  testRun({ id: 'b', name: 'Run 9', createdAt: 2, settings: withRank(64), lastLoss: null, status: 'failed' }),
  testRun({ id: 'c', name: 'other', createdAt: 3, settings: withRank(4), lastLoss: 0.5 }),
];
const ids = (list: typeof runs) => list.map(({ id }) => id).join('');

describe('the Library list', () => {
  it('sorts by number and by name as people count, newest first among equals', () => {
    expect(ids(sortRuns(runs, { key: 'name', direction: 'ascending' }))).toBe('cba');
    expect(ids(sortRuns(runs, { key: 'rank', direction: 'ascending' }))).toBe('cab');
    expect(ids(sortRuns(runs, { key: 'rank', direction: 'descending' }))).toBe('bca');
    expect(ids(sortRuns(runs, { key: 'created', direction: 'descending' }))).toBe('cba');
  });

  it('puts what has no loss last both ways', () => {
    expect(ids(sortRuns(runs, { key: 'loss', direction: 'ascending' }))).toBe('cab');
    expect(ids(sortRuns(runs, { key: 'loss', direction: 'descending' }))).toBe('acb');
  });

  it('finds runs by every word of the search', () => {
    expect(ids(searchRuns(runs, 'RUN tiny'))).toBe('ab');
    expect(ids(searchRuns(runs, 'r4'))).toBe('ac');
    expect(ids(searchRuns(runs, 'failed'))).toBe('b');
    expect(ids(searchRuns(runs, '  '))).toBe('abc');
    expect(ids(searchRuns(runs, 'nothing'))).toBe('');
  });
});
