// An adapter from the Hub: looked up, its base loaded where it is another, then imported. One at a time.
import { create } from 'zustand';
import { CallError, call, onEvent } from '../../../../worker/client.ts';
import type { HubAdapter, HubPlace } from '../../../../worker/protocol/hub.ts';
import type { ModelSource } from '../../../../worker/protocol/model.ts';
import { openRoom } from '../../../routing.ts';
import { putRun } from '../../../stores/libraryStore.ts';
import { messageOf } from '../../../stores/messageOf.ts';
import { cancelModel, loadModel, useModelStore } from '../../../stores/modelStore.ts';
import { modelSettled } from '../importStore.ts';

export type HubImportState =
  | { kind: 'idle' }
  | { kind: 'lookingUp' }
  | { kind: 'found'; place: HubPlace; adapter: HubAdapter }
  | { kind: 'loadingBase'; adapter: HubAdapter }
  | { kind: 'importing'; file: string; doneBytes: number; totalBytes: number }
  | { kind: 'failed'; message: string };

export const useHubImportStore = create<{ state: HubImportState }>()(() => ({ state: { kind: 'idle' } }));

const setState = (state: HubImportState) => useHubImportStore.setState({ state });

onEvent('importProgress', ({ file, doneBytes, totalBytes }) => {
  if (useHubImportStore.getState().state.kind === 'importing') {
    setState({ kind: 'importing', file, doneBytes, totalBytes });
  }
});

export async function lookUpAdapter(place: HubPlace): Promise<void> {
  setState({ kind: 'lookingUp' });
  await attempt(async () => {
    await modelSettled();
    const adapter = await call('lookUpAdapter', { place });
    setState({ kind: 'found', place, adapter });
  });
}

/** For the model that is loaded. */
export async function importFound(place: HubPlace): Promise<void> {
  setState({ kind: 'importing', file: '', doneBytes: 0, totalBytes: 0 });
  await attempt(async () => {
    const run = await call('importHubAdapter', { place });
    putRun(run);
    setState({ kind: 'idle' });
    openRoom('library', { run: run.id });
  });
}

/** With the same token and server: a private adapter's base may be private too. */
export async function loadBaseAndImport(place: HubPlace, adapter: HubAdapter): Promise<void> {
  const { base } = adapter;
  if (base === null) return;
  setState({ kind: 'loadingBase', adapter });
  const { token, endpoint } = place;
  const access = { ...(token ? { token } : {}), ...(endpoint ? { endpoint } : {}) };
  const source: ModelSource = base.kind === 'hub' ? { ...base, ...access } : base;
  await loadModel(source);
  if (useHubImportStore.getState().state.kind !== 'loadingBase') return;
  const { status } = useModelStore.getState();
  if (status.kind === 'ready') return importFound(place);
  setState(status.kind === 'failed' ? { kind: 'failed', message: status.message } : { kind: 'found', place, adapter });
}

export async function cancelHubImport(): Promise<void> {
  const { kind } = useHubImportStore.getState().state;
  if (kind === 'loadingBase') await cancelModel();
  else await call('cancel', { what: 'import' });
}

export function forgetHubImport(): void {
  setState({ kind: 'idle' });
}

async function attempt(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    const isCancelled = error instanceof CallError && error.isCancelled;
    setState(isCancelled ? { kind: 'idle' } : { kind: 'failed', message: messageOf(error) });
  }
}
