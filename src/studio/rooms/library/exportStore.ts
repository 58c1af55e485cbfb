// Taking a run away: one export at a time, into the browser's downloads or into a folder that the person picked.
import { create } from 'zustand';
import { CallError, call, onEvent } from '../../../worker/client.ts';
import type { MergedFormat } from '../../../worker/protocol.ts';
import { saveFile } from '../../runs/saveFile.ts';
import { messageOf } from '../../stores/messageOf.ts';
import { writeZipTo } from './writeZipTo.ts';

export type ExportState =
  | { kind: 'idle' }
  | { kind: 'running'; runId: string; label: string; doneBytes: number; totalBytes: number }
  | { kind: 'done'; runId: string; message: string }
  | { kind: 'failed'; runId: string; message: string };

export const useExportStore = create<{ state: ExportState }>()(() => ({ state: { kind: 'idle' } }));

onEvent('exportProgress', ({ doneBytes, totalBytes }) => {
  const { state } = useExportStore.getState();
  if (state.kind === 'running') useExportStore.setState({ state: { ...state, doneBytes, totalBytes } });
});

/** Whether folders can be written here; elsewhere everything leaves as a zip. */
export function canWriteFolders(): boolean {
  return window.showDirectoryPicker !== undefined;
}

export function exportAdapter(runId: string, toFolder: boolean): Promise<void> {
  return exporting(runId, 'Writing the adapter', toFolder, async (directory) => {
    const { fileName, zip } = await call('exportAdapter', { runId });
    if (directory === undefined) return download(fileName, zip);
    await writeZipTo(zip, directory);
    return `The adapter is in the folder ${directory.name}.`;
  });
}

export function exportMerged(runId: string, format: MergedFormat, toFolder: boolean): Promise<void> {
  return exporting(runId, `Merging the adapter into the model (${format})`, toFolder, async (directory) => {
    const { fileName, zip } = await call('exportMerged', { runId, format, directory });
    if (zip !== null) return download(fileName, zip);
    return `The merged model is in the folder ${directory?.name ?? fileName}.`;
  });
}

export async function cancelExport(): Promise<void> {
  await call('cancel', { what: 'export' });
}

function download(fileName: string, zip: Blob): string {
  saveFile(fileName, zip);
  return `${fileName} is in your downloads.`;
}

async function exporting(
  runId: string,
  label: string,
  toFolder: boolean,
  write: (directory: FileSystemDirectoryHandle | undefined) => Promise<string>,
): Promise<void> {
  try {
    const directory = toFolder ? await window.showDirectoryPicker?.({ id: 'rankwise', mode: 'readwrite' }) : undefined;
    useExportStore.setState({ state: { kind: 'running', runId, label, doneBytes: 0, totalBytes: 0 } });
    useExportStore.setState({ state: { kind: 'done', runId, message: await write(directory) } });
  } catch (error) {
    const isCancelled = error instanceof CallError ? error.isCancelled : isAbort(error);
    useExportStore.setState({
      state: isCancelled ? { kind: 'idle' } : { kind: 'failed', runId, message: messageOf(error) },
    });
  }
}

/** The person closed the folder picker. */
function isAbort(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'AbortError';
}
