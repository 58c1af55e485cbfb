// Taking a run away: one export at a time, into the browser's downloads or into a folder that the person picked.
import { create } from 'zustand';
import { CallError, call, onEvent } from '../../../worker/client.ts';
import type { ExportPlan, ExportTarget, ExportWhat } from '../../../worker/protocol/exports.ts';
import { saveFile } from '../../runs/saveFile.ts';
import { messageOf } from '../../stores/messageOf.ts';

/** Which export it is, whatever the format. */
type Which = Pick<ExportWhat, 'kind' | 'runId'>;

export type ExportState =
  | { kind: 'idle' }
  | { kind: 'running'; which: Which; title: string; phase: 'base' | 'write'; doneBytes: number; totalBytes: number }
  | { kind: 'done'; which: Which; message: string }
  | { kind: 'failed'; which: Which; message: string };

export type ExportPlace = 'downloads' | 'folder';

/** `baseVersion` grows when files of a base were brought: what needed them is planned anew. */
export const useExportStore = create<{ state: ExportState; baseVersion: number }>()(() => ({
  state: { kind: 'idle' },
  baseVersion: 0,
}));

onEvent('exportProgress', ({ phase, doneBytes, totalBytes }) => {
  const { state } = useExportStore.getState();
  if (state.kind === 'running') useExportStore.setState({ state: { ...state, phase, doneBytes, totalBytes } });
});

/** Whether folders can be written here; elsewhere everything leaves as one file. */
export function canWriteFolders(): boolean {
  return window.showDirectoryPicker !== undefined;
}

/** From this size on a download is written to disk as it is made, where the browser lets a page do that. */
const STREAMED_BYTES = 256_000_000;

/** `title`: what it is called while it is under way. */
export async function startExport(
  what: ExportWhat,
  title: string,
  plan: Extract<ExportPlan, { kind: 'ready' }>,
  place: ExportPlace,
): Promise<void> {
  const which = { kind: what.kind, runId: what.runId };
  try {
    const to = await targetFor(plan, place);
    useExportStore.setState({ state: { kind: 'running', which, title, phase: 'write', doneBytes: 0, totalBytes: 0 } });
    const { fileName, file } = await call('exportRun', { what, to });
    if (file) saveFile(fileName, file);
    useExportStore.setState({ state: { kind: 'done', which, message: whereItIs(to, fileName) } });
  } catch (error) {
    const isCancelled = error instanceof CallError ? error.isCancelled : isAbort(error);
    useExportStore.setState({
      state: isCancelled ? { kind: 'idle' } : { kind: 'failed', which, message: messageOf(error) },
    });
  }
}

export async function cancelExport(): Promise<void> {
  await call('cancel', { what: 'export' });
}

/** Throws in words for the page where these are not the base's files. */
export async function bringBase(runId: string, files: File[]): Promise<void> {
  await call('bringBase', { runId, files });
  planAgain();
}

export function planAgain(): void {
  useExportStore.setState(({ baseVersion }) => ({ baseVersion: baseVersion + 1 }));
}

/** Asks the person where the browser must: from a click, as pickers want it. */
async function targetFor({ fileName, sizeBytes }: Extract<ExportPlan, { kind: 'ready' }>, place: ExportPlace) {
  if (place === 'folder') {
    const handle = await window.showDirectoryPicker?.({ id: 'rankwise', mode: 'readwrite' });
    if (handle) return { kind: 'folder', handle } satisfies ExportTarget;
  } else if ((sizeBytes ?? 0) >= STREAMED_BYTES) {
    const handle = await window.showSaveFilePicker?.({ id: 'rankwise', suggestedName: fileName });
    if (handle) return { kind: 'file', handle } satisfies ExportTarget;
  }
  return { kind: 'download' } satisfies ExportTarget;
}

function whereItIs(to: ExportTarget, fileName: string): string {
  switch (to.kind) {
    case 'folder':
      return `It is in ${to.handle.name}/${fileName}.`;
    case 'file':
      return `It is in ${to.handle.name}.`;
    case 'download':
      return `${fileName} is in your downloads.`;
    default:
      return to satisfies never;
  }
}

/** The person closed the picker. */
function isAbort(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'AbortError';
}
