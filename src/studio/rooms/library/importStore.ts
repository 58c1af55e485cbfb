// Bringing in an adapter that was trained elsewhere: a PEFT folder's files, or one zip of them.
import { create } from 'zustand';
import { call } from '../../../worker/client.ts';
import { openRoom } from '../../routing.ts';
import { useDeviceStore } from '../../stores/deviceStore.ts';
import { putRun } from '../../stores/libraryStore.ts';
import { messageOf } from '../../stores/messageOf.ts';
import { useModelStore } from '../../stores/modelStore.ts';

export type ImportState = { kind: 'idle' } | { kind: 'running' } | { kind: 'failed'; message: string };

export const useImportStore = create<{ state: ImportState }>()(() => ({ state: { kind: 'idle' } }));

/** Imports and opens the new run. An adapter is read against the loaded model: one on its way is waited for. */
export async function importAdapter(files: File[]): Promise<void> {
  if (files.length === 0) return;
  useImportStore.setState({ state: { kind: 'running' } });
  try {
    await modelSettled();
    const run = await call('importAdapter', { files });
    putRun(run);
    useImportStore.setState({ state: { kind: 'idle' } });
    openRoom('library', { run: run.id });
  } catch (error) {
    useImportStore.setState({ state: { kind: 'failed', message: messageOf(error) } });
  }
}

const POLL_MS = 100;

/** A model that is on its way is waited for: an adapter is read against it. */
export async function modelSettled(): Promise<void> {
  const isOnItsWay = () => {
    const { kind } = useModelStore.getState().status;
    return useDeviceStore.getState().device.kind === 'opening' || kind === 'describing' || kind === 'loading';
  };
  while (isOnItsWay()) await new Promise((resolve) => setTimeout(resolve, POLL_MS));
}
