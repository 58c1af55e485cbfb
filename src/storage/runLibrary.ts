/**
 * Every run with its settings, curve, results and adapter, kept in IndexedDB across visits.
 *
 * A run's record is the worker's own and kept as it is; only what the library itself needs is asked of it. The curve is
 * kept apart, in chunks of columns, so that a long run appends and never rewrites; the adapter is kept apart as a Blob,
 * and the answers apart by what was asked, so that listing runs reads none of them.
 */
import { type DBSchema, type IDBPDatabase, openDB } from 'idb';
import { StorageError, storageError } from './storageError.ts';

/** What every stored run has. */
export interface StoredRun {
  id: string;
  name: string;
  createdAt: number;
}

type Column = 'step' | 'loss' | 'learningRate' | 'gradientNorm' | 'tokens' | 'targetTokens' | 'elapsedMs';

/** One optimizer step of a run's curve. */
export type MetricRow = Record<Column, number>;

/** What a run's adapter (or a base) said and lost on one set of questions; all lists have an entry for each question. */
export interface StoredAnswers {
  /** A run's id, or what names a base. */
  ownerId: string;
  /** Equal for equal questions. */
  dataKey: string;
  dataName: string;
  evaluatedAt: number;
  /** `rows`: how many rows of the data ask this. */
  questions: { line: number; prompt: string; references: readonly string[]; rows: number }[];
  losses: readonly { loss: number; tokens: number; hits: number }[];
  answers: readonly string[] | null;
}

export interface RunLibrary<Run extends StoredRun> {
  /** Newest first. */
  list(): Promise<Run[]>;
  get(id: string): Promise<Run | undefined>;
  /** Adds a run or replaces the record of one. */
  put(run: Run): Promise<void>;
  /** Throws a RangeError when there is no such run. */
  rename(id: string, name: string): Promise<void>;
  /** Removes a run with its curve, adapter and answers. */
  remove(id: string): Promise<void>;
  /** Adds rows, in order of step, behind those already there; rows from the first new step on are replaced. */
  appendMetrics(id: string, rows: readonly Readonly<MetricRow>[]): Promise<void>;
  metrics(id: string): Promise<MetricRow[]>;
  putAdapter(id: string, adapter: Blob): Promise<void>;
  adapter(id: string): Promise<Blob | undefined>;
  /** Replaces what this owner said to these questions before. */
  putAnswers(answers: StoredAnswers): Promise<void>;
  answers(ownerId: string, dataKey: string): Promise<StoredAnswers | undefined>;
  close(): void;
}

interface MetricChunk {
  runId: string;
  firstStep: number;
  columns: Record<Column, Float64Array<ArrayBuffer>>;
}

interface Schema<Run extends StoredRun> extends DBSchema {
  runs: { key: string; value: Run; indexes: { createdAt: number } };
  metrics: { key: [runId: string, firstStep: number]; value: MetricChunk };
  adapters: { key: string; value: Blob };
  answers: { key: [ownerId: string, dataKey: string]; value: StoredAnswers };
}

const VERSION = 2;

/**
 * Opens the library, and makes it on the first visit. Throws a StorageError where the browser keeps nothing, or a newer
 * Rankwise has changed the layout.
 */
export async function openRunLibrary<Run extends StoredRun>(databaseName = 'rankwise'): Promise<RunLibrary<Run>> {
  const database = await openDatabase<Run>(databaseName);
  const stored = async <T>(what: string, action: () => Promise<T>): Promise<T> => {
    try {
      return await action();
    } catch (error) {
      throw storageError(error, what);
    }
  };

  return {
    list: () => stored('the library', async () => (await database.getAllFromIndex('runs', 'createdAt')).reverse()),
    get: (id) => stored('the library', () => database.get('runs', id)),
    put: (run) => stored(`the run ${run.name}`, async () => void (await database.put('runs', run))),
    rename: (id, name) => stored('the new name', () => renameRun(database, id, name)),
    remove: (id) => stored('the library', () => removeRun(database, id)),
    appendMetrics: (id, rows) => stored('the curve', () => appendMetrics(database, id, rows)),
    metrics: (id) => stored('the curve', () => readMetrics(database, id)),
    putAdapter: (id, adapter) => stored('the adapter', async () => void (await database.put('adapters', adapter, id))),
    adapter: (id) => stored('the adapter', () => database.get('adapters', id)),
    putAnswers: (answers) => stored('the answers', async () => void (await database.put('answers', answers))),
    answers: (ownerId, dataKey) => stored('the answers', () => database.get('answers', [ownerId, dataKey])),
    close: () => database.close(),
  };
}

async function openDatabase<Run extends StoredRun>(name: string): Promise<IDBPDatabase<Schema<Run>>> {
  if (globalThis.indexedDB === undefined) {
    throw new StorageError('unavailable', 'the library: this browser has no IndexedDB; runs will not outlive the page');
  }
  try {
    return await openDB<Schema<Run>>(name, VERSION, {
      upgrade(database, oldVersion) {
        if (oldVersion < 1) {
          database.createObjectStore('runs', { keyPath: 'id' }).createIndex('createdAt', 'createdAt');
          database.createObjectStore('metrics', { keyPath: ['runId', 'firstStep'] });
          database.createObjectStore('adapters');
        }
        if (oldVersion < 2) database.createObjectStore('answers', { keyPath: ['ownerId', 'dataKey'] });
      },
      blocking(_current, _blocked, event) {
        // Another tab wants a newer layout: give way, or it waits for ever.
        if (event.target instanceof IDBDatabase) event.target.close();
      },
    });
  } catch (error) {
    if (error instanceof DOMException && error.name === 'VersionError') {
      const remedy = 'reload the page to get the newer version';
      throw new StorageError('unavailable', `the library was changed by a newer Rankwise; ${remedy}`, { cause: error });
    }
    throw storageError(error, 'the library');
  }
}

async function renameRun<Run extends StoredRun>(database: IDBPDatabase<Schema<Run>>, id: string, name: string) {
  const transaction = database.transaction('runs', 'readwrite');
  const run = await transaction.store.get(id);
  if (run === undefined) throw new RangeError(`the library: no run ${id}`);
  await transaction.store.put({ ...run, name });
  await transaction.done;
}

const chunksOf = (id: string, fromStep = 0) => IDBKeyRange.bound([id, fromStep], [id, Number.POSITIVE_INFINITY]);

async function removeRun<Run extends StoredRun>(database: IDBPDatabase<Schema<Run>>, id: string) {
  const transaction = database.transaction(['runs', 'metrics', 'adapters', 'answers'], 'readwrite');
  await transaction.objectStore('runs').delete(id);
  await transaction.objectStore('metrics').delete(chunksOf(id));
  await transaction.objectStore('adapters').delete(id);
  await transaction.objectStore('answers').delete(IDBKeyRange.bound([id], [id, []]));
  await transaction.done;
}

async function appendMetrics<Run extends StoredRun>(
  database: IDBPDatabase<Schema<Run>>,
  id: string,
  rows: readonly Readonly<MetricRow>[],
) {
  const [first] = rows;
  if (first === undefined) return;
  const transaction = database.transaction('metrics', 'readwrite');
  await transaction.store.delete(chunksOf(id, first.step));
  // The chunk before may reach past the first new step: a run resumed from a checkpoint does its last steps again.
  const before = await transaction.store.openCursor(IDBKeyRange.bound([id, 0], [id, first.step], false, true), 'prev');
  if (before !== null) {
    const undone = before.value.columns.step.findIndex((step) => step >= first.step);
    const columns = mapColumns((column) => before.value.columns[column].slice(0, undone));
    if (undone >= 0) await before.update({ ...before.value, columns });
  }
  const columns = mapColumns((column) => Float64Array.from(rows, (row) => row[column]));
  await transaction.store.put({ runId: id, firstStep: first.step, columns });
  await transaction.done;
}

async function readMetrics<Run extends StoredRun>(database: IDBPDatabase<Schema<Run>>, id: string) {
  const chunks = await database.getAll('metrics', chunksOf(id));
  return chunks.flatMap(({ columns }) =>
    Array.from(columns.step, (_, i) => mapColumns((column) => columns[column][i] ?? Number.NaN)),
  );
}

function mapColumns<T>(of: (column: Column) => T): Record<Column, T> {
  return {
    step: of('step'),
    loss: of('loss'),
    learningRate: of('learningRate'),
    gradientNorm: of('gradientNorm'),
    tokens: of('tokens'),
    targetTokens: of('targetTokens'),
    elapsedMs: of('elapsedMs'),
  };
}
