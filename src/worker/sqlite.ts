// Queries run for real, in SQLite, on a fresh table in memory named t. A query may be anybody's: it is cut off when it
// takes too long, and nothing it changes outlives it.
import type { Database, Sqlite3Static } from '@sqlite.org/sqlite-wasm';
import type { SqlTable } from '../data/builtinTasks.ts';
import { WorkerError } from './failure.ts';
import type { Calls } from './protocol.ts';

export type SqlResult = Calls['runSql']['reply'];

const MOST_ROWS = 1000;
/** Virtual machine steps between two looks at the clock. */
const STEPS_BETWEEN_LOOKS = 20_000;
const MOST_MS = 1000;

let loading: Promise<Sqlite3Static> | undefined;

/** Read by SQLite as it starts: that it cannot store files is no news, since its tables are in memory. */
const QUIET = { sqlite3ApiConfig: { warn: () => undefined } };

function loadSqlite(): Promise<Sqlite3Static> {
  loading ??= import('@sqlite.org/sqlite-wasm')
    .then(({ default: init }) => {
      Object.assign(globalThis, QUIET);
      return init();
    })
    .catch((error: unknown) => {
      loading = undefined;
      throw new WorkerError('SQLite could not be fetched from this page’s server, so the query was not run.', {
        cause: error,
      });
    });
  return loading;
}

/** What the query gives, or why it does not run. */
export async function runSql(table: SqlTable, query: string): Promise<SqlResult> {
  if (query.trim() === '') return { error: 'There is no query.' };
  const sqlite = await loadSqlite();
  const database = new sqlite.oo1.DB(':memory:');
  try {
    fill(database, table);
    const endAt = performance.now() + MOST_MS;
    sqlite.capi.sqlite3_progress_handler(database, STEPS_BETWEEN_LOOKS, () => (performance.now() > endAt ? 1 : 0), 0);
    const columns: string[] = [];
    const rows: string[][] = [];
    database.exec({
      sql: query,
      rowMode: 'array',
      columnNames: columns,
      callback: (row) => {
        rows.push(row.map((cell) => (cell === null ? 'NULL' : String(cell))));
        return rows.length < MOST_ROWS ? undefined : false;
      },
    });
    return columns.length === 0 ? { error: 'This is not a query: it gives no table.' } : { columns, rows };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const reason = message.replace(/^SQLITE_\w+: sqlite3 result code \d+: /, '');
    return { error: /interrupt/i.test(reason) ? `It ran for more than ${MOST_MS / 1000} s and was stopped.` : reason };
  } finally {
    database.close();
  }
}

function fill(database: Database, { columns, rows }: SqlTable): void {
  const names = columns.map((name) => `"${name.replaceAll('"', '""')}"`);
  database.exec(`CREATE TABLE t (${names.join(', ')})`);
  const insert = database.prepare(`INSERT INTO t VALUES (${columns.map(() => '?').join(', ')})`);
  try {
    for (const row of rows) insert.bind(row).stepReset();
  } finally {
    insert.finalize();
  }
}

/** Whether an answer gives what the right query gives; the order of rows counts where the right one asks for one. */
export function isSameResult(target: string, expected: SqlResult, given: SqlResult): boolean {
  if ('error' in expected || 'error' in given) return false;
  const lines = ({ rows }: { rows: string[][] }) => {
    const all = rows.map((row) => JSON.stringify(row));
    return JSON.stringify(/\border\s+by\b/i.test(target) ? all : all.sort());
  };
  return lines(expected) === lines(given);
}
