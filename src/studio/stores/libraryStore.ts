// Every run kept in this browser, newest first.
import { create } from 'zustand';
import { call } from '../../worker/client.ts';
import type { RunRecord } from '../../worker/protocol/runs.ts';
import { messageOf } from './messageOf.ts';

export type LibraryStatus =
  | { kind: 'loading' }
  | { kind: 'ready'; runs: RunRecord[] }
  | { kind: 'failed'; message: string };

export const useLibraryStore = create<{ status: LibraryStatus }>()(() => ({ status: { kind: 'loading' } }));

export async function refreshRuns(): Promise<void> {
  try {
    const runs = await call('listRuns', {});
    useLibraryStore.setState({ status: { kind: 'ready', runs: newestFirst(runs) } });
  } catch (error) {
    useLibraryStore.setState({ status: { kind: 'failed', message: messageOf(error) } });
  }
}

export function keptRun(id: string): RunRecord | undefined {
  const { status } = useLibraryStore.getState();
  return status.kind === 'ready' ? status.runs.find((run) => run.id === id) : undefined;
}

/** Takes a run's newest state into the list. */
export function putRun(run: RunRecord): void {
  const { status } = useLibraryStore.getState();
  if (status.kind === 'ready') useLibraryStore.setState({ status: { kind: 'ready', runs: withRun(status.runs, run) } });
}

export function withRun(runs: readonly RunRecord[], run: RunRecord): RunRecord[] {
  return newestFirst([...runs.filter((known) => known.id !== run.id), run]);
}

export async function renameRun(runId: string, name: string): Promise<void> {
  putRun(await call('renameRun', { runId, name }));
}

export async function deleteRun(runId: string): Promise<void> {
  await call('deleteRun', { runId });
  const { status } = useLibraryStore.getState();
  if (status.kind === 'ready') {
    useLibraryStore.setState({ status: { kind: 'ready', runs: status.runs.filter((run) => run.id !== runId) } });
  }
}

function newestFirst(runs: readonly RunRecord[]): RunRecord[] {
  return [...runs].sort((a, b) => b.createdAt - a.createdAt);
}
