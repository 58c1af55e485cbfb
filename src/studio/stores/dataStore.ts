// The examples: which file or built-in task, how its columns are read, and what came of it.
import { create } from 'zustand';
import { CallError, call } from '../../worker/client.ts';
import type { BuiltinTask, DataDescription, DataOptions, DataSource, FirstRow } from '../../worker/protocol/data.ts';
import { messageOf } from './messageOf.ts';

export type DataStatus =
  /** `message` is why the built-in tasks could not be listed. */
  | { kind: 'none'; message: string | null }
  /** `previous` is what was read before, still shown dimmed. */
  | {
      kind: 'reading';
      source: DataSource;
      options: DataOptions;
      previous: DataDescription | null;
      doneRows: number;
      totalRows: number;
    }
  | { kind: 'ready'; source: DataSource; options: DataOptions; description: DataDescription }
  /** `previous` is what was read of the same file before: its columns are the way back. */
  | {
      kind: 'failed';
      source: DataSource;
      options: DataOptions;
      previous: DataDescription | null;
      message: string;
    };

interface DataState {
  status: DataStatus;
  tasks: BuiltinTask[];
  /** How settings that were taken over read a table's first row: so is the file that is chosen next. */
  firstRow: FirstRow | null;
}

export const useDataStore = create<DataState>()(() => ({
  status: { kind: 'none', message: null },
  tasks: [],
  firstRow: null,
}));

function setStatus(status: DataStatus): void {
  useDataStore.setState({ status });
}

export async function loadTasks(): Promise<BuiltinTask[]> {
  try {
    const tasks = await call('listTasks', {});
    useDataStore.setState({ tasks });
    return tasks;
  } catch (error) {
    setStatus({ kind: 'none', message: messageOf(error) });
    return [];
  }
}

/** What is known of the chosen rows, read under these options or earlier ones. */
export function knownRows(status: DataStatus): DataDescription | null {
  if (status.kind === 'none') return null;
  return status.kind === 'ready' ? status.description : status.previous;
}

/** Reads, maps, renders and encodes; needs a loaded model. A newer call wins over one under way. */
export async function readData(source: DataSource, options: DataOptions): Promise<void> {
  const before = useDataStore.getState().status;
  if (before.kind === 'reading') await call('cancel', { what: 'data' });
  const previous = before.kind !== 'none' && before.source === source ? knownRows(before) : null;
  setStatus({ kind: 'reading', source, options, previous, doneRows: 0, totalRows: 0 });
  const isCurrent = () => {
    const { status } = useDataStore.getState();
    return status.kind === 'reading' && status.options === options && status.source === source;
  };
  try {
    const description = await call('readData', { source, options });
    if (!isCurrent()) return;
    const { refusal } = description;
    if (refusal === null) setStatus({ kind: 'ready', source, options, description });
    else setStatus({ kind: 'failed', source, options, previous: description, message: refusal });
  } catch (error) {
    if (!isCurrent()) return;
    const isCancelled = error instanceof CallError && error.isCancelled;
    setStatus(
      isCancelled
        ? { kind: 'none', message: null }
        : { kind: 'failed', source, options, previous, message: messageOf(error) },
    );
  }
}

/** Reads the same source again with some options changed. */
export async function changeDataOptions(change: Partial<DataOptions>): Promise<void> {
  const { status } = useDataStore.getState();
  if (status.kind !== 'none') await readData(status.source, { ...status.options, ...change });
}

/** Reads the first row of the chosen table otherwise; its columns are found anew. Without a file: that of the next one. */
export async function readFirstRow(firstRow: FirstRow): Promise<void> {
  const { status } = useDataStore.getState();
  if (status.kind === 'none' || status.source.kind === 'builtin') useDataStore.setState({ firstRow });
  else if (knownRows(status)?.firstRow !== firstRow) {
    await changeDataOptions({ firstRow, mapping: undefined, prompt: undefined });
  }
}

export async function cancelData(): Promise<void> {
  if (useDataStore.getState().status.kind === 'reading') await call('cancel', { what: 'data' });
}

export function reportDataProgress(doneRows: number, totalRows: number): void {
  const { status } = useDataStore.getState();
  if (status.kind === 'reading') setStatus({ ...status, doneRows, totalRows });
}
