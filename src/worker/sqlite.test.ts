import { expect, test } from 'vitest';
import { isSameResult, runSql } from './sqlite.ts';

const table = {
  columns: ['town', 'order', 'score'],
  rows: [
    ['Arden', 2, 10],
    ['Bray', 1, null],
  ],
};

test('runs on the table, whatever its columns are called', async () => {
  expect(await runSql(table, 'SELECT town, score FROM t ORDER BY "order"')).toEqual({
    columns: ['town', 'score'],
    rows: [
      ['Bray', 'NULL'],
      ['Arden', '10'],
    ],
  });
});

test('what does not run says why, and changes nothing that stays', async () => {
  expect(await runSql(table, 'pick town of t')).toEqual({ error: expect.stringContaining('syntax error') });
  expect(await runSql(table, '')).toHaveProperty('error');
  expect(await runSql(table, 'DROP TABLE t')).toHaveProperty('error');
  expect(await runSql(table, 'SELECT COUNT(*) FROM t')).toMatchObject({ rows: [['2']] });
});

test('a query without an end is cut off', async () => {
  const endless = 'WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT COUNT(*) FROM c';
  expect(await runSql(table, endless)).toEqual({ error: expect.stringContaining('stopped') });
});

test('order counts where the right query asks for one', () => {
  const up = { columns: ['a'], rows: [['1'], ['2']] };
  const down = { columns: ['b'], rows: [['2'], ['1']] };
  expect(isSameResult('SELECT a FROM t', up, down)).toBe(true);
  expect(isSameResult('SELECT a FROM t ORDER BY a', up, down)).toBe(false);
  expect(isSameResult('SELECT a FROM t', up, { error: 'no' })).toBe(false);
});
