// Files on their way out: into one Blob for the browser's downloads, a file or a folder that the person picked. Nothing is
// held but the piece under way.
import { exactly, piecesOf } from '../formats/pieces.ts';
import { type ZipEntry, zipStream } from '../formats/zipWriter.ts';
import { breathing } from './breathing.ts';
import { collectBlob } from './collectBlob.ts';
import type { Leaving } from './exportEntries.ts';
import { pickedError, writeFolder } from './folderWriter.ts';
import { post } from './post.ts';
import type { ExportTarget } from './protocol/exports.ts';

/** What a download of it is called. */
export function downloadName({ stem, entries: [first], isSingleFile }: Leaving): string {
  return isSingleFile && first ? first.name : `${stem}.zip`;
}

/** The Blob to download; null where it was written to a file or a folder. Nothing half-written is left behind. */
export async function writeOut(leaving: Leaving, to: ExportTarget, signal: AbortSignal): Promise<Blob | null> {
  const entries = watched(leaving.entries, signal);
  switch (to.kind) {
    case 'folder':
      await writeFolder(to.handle, leaving.isSingleFile ? null : leaving.stem, entries);
      return null;
    case 'file':
      await writeFile(to.handle, asStream(entries, leaving.isSingleFile));
      return null;
    case 'download': {
      const type = leaving.isSingleFile ? 'application/octet-stream' : 'application/zip';
      return collectBlob(asStream(entries, leaving.isSingleFile), type);
    }
    default:
      return to satisfies never;
  }
}

function asStream(entries: readonly ZipEntry[], isSingleFile: boolean): ReadableStream<Uint8Array> {
  const [only] = entries;
  if (!isSingleFile || !only) return zipStream(entries);
  const pieces = piecesOf(only.bytes());
  return new ReadableStream({
    async pull(controller) {
      const next = await pieces.next();
      if (next.done) controller.close();
      else controller.enqueue(next.value);
    },
    async cancel() {
      await pieces.return(undefined);
    },
  });
}

async function writeFile(handle: FileSystemFileHandle, stream: ReadableStream<Uint8Array>): Promise<void> {
  const writable = await handle.createWritable();
  const reader = stream.getReader();
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read())
      await writable.write(next.value.slice());
    await writable.close();
  } catch (error) {
    await writable.abort().catch(() => undefined);
    await reader.cancel().catch(() => undefined);
    await removeIfEmpty(handle);
    throw pickedError(error, handle.name);
  }
}

/** FileSystemHandle.remove, which not every browser has. */
interface Removable {
  remove(): Promise<void>;
}

/** The picker made a new file before a byte was written; one that was there before is as it was. */
async function removeIfEmpty(handle: FileSystemFileHandle & Partial<Removable>): Promise<void> {
  const { size } = await handle.getFile();
  if (size === 0) await handle.remove?.().catch(() => undefined);
}

/** The same entries, told to the page as they are read, ended by the signal, and held to the sizes that they said. */
function watched(entries: readonly ZipEntry[], signal: AbortSignal): ZipEntry[] {
  const totalBytes = entries.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const breathe = breathing(signal);
  let doneBytes = 0;
  let toldAt = 0;
  async function* counted(entry: ZipEntry): AsyncGenerator<Uint8Array> {
    for await (const piece of exactly(entry, `export: ${entry.name}`)) {
      await breathe();
      doneBytes += piece.length;
      if (performance.now() - toldAt > 50 || doneBytes === totalBytes) {
        toldAt = performance.now();
        post({ kind: 'exportProgress', phase: 'write', doneBytes, totalBytes });
      }
      yield piece;
    }
  }
  return entries.map((entry) => ({ ...entry, bytes: () => counted(entry) }));
}
