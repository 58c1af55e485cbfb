// Bringing in an adapter that was trained elsewhere: a PEFT folder's files, or one zip of them.
import { create } from 'zustand';
import { call } from '../../../worker/client.ts';
import { openRoom } from '../../routing.ts';
import { putRun } from '../../stores/libraryStore.ts';
import { messageOf } from '../../stores/messageOf.ts';

export type ImportState = { kind: 'idle' } | { kind: 'running' } | { kind: 'failed'; message: string };

export const useImportStore = create<{ state: ImportState }>()(() => ({ state: { kind: 'idle' } }));

/** Imports and opens the new run. */
export async function importAdapter(files: File[]): Promise<void> {
  if (files.length === 0) return;
  useImportStore.setState({ state: { kind: 'running' } });
  try {
    const run = await call('importAdapter', { files });
    putRun(run);
    useImportStore.setState({ state: { kind: 'idle' } });
    openRoom('library', { run: run.id });
  } catch (error) {
    useImportStore.setState({ state: { kind: 'failed', message: messageOf(error) } });
  }
}
