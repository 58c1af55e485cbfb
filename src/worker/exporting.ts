// Taking a run away: its adapter as a PEFT folder in a zip, or the whole model with the adapter merged in.
import { mergedFolder } from '../adapters/mergedFolder.ts';
import { adapterCard } from '../formats/adapterCard.ts';
import { blobSource } from '../formats/byteSource.ts';
import { sortModelFiles } from '../formats/modelFolder.ts';
import { readAdapterConfig } from '../formats/peft.ts';
import { openZip } from '../formats/zipReader.ts';
import { type ZipEntry, zipStream } from '../formats/zipWriter.ts';
import { DTYPE_OF } from '../model/readRows.ts';
import { cardInfo } from './adapterCardInfo.ts';
import { adapterZip, openAdapter, zipBlob } from './adapterStore.ts';
import { cancellable } from './cancelling.ts';
import { collectBlob } from './collectBlob.ts';
import { WorkerError } from './failure.ts';
import { writeFolder } from './folderWriter.ts';
import { keptRun } from './library.ts';
import { requireModel } from './modelSession.ts';
import { fileStem } from './names.ts';
import { post } from './post.ts';
import type { Calls } from './protocol.ts';

/** The stored files, with a model card that says the run's newest results. */
export async function exportAdapter(runId: string): Promise<Calls['exportAdapter']['reply']> {
  const run = await keptRun(runId);
  const fileName = `${fileStem(run.name)}.zip`;
  const stored = await adapterZip(runId);
  if (run.isImported) return { fileName, zip: stored };
  const files = await openZip(blobSource(stored, fileName));
  const folder = sortModelFiles(files);
  if (folder.kind !== 'adapter') throw new WorkerError(`“${run.name}” is not kept as an adapter.`);
  const config = await readAdapterConfig(folder.config);
  const card = adapterCard({ ...cardInfo(run), config, trainedParameters: run.plan.trainableParameters });
  const read = async (file: typeof folder.config) => ({ name: file.name, bytes: await file.read(0, file.sizeBytes) });
  const zip = await zipBlob([
    await read(folder.config),
    await read(folder.weights),
    { name: 'README.md', bytes: new TextEncoder().encode(card) },
  ]);
  return { fileName, zip };
}

/** Reads the base's stored weights again and adds the adapter, piece by piece. */
export function exportMerged(request: Calls['exportMerged']['request']): Promise<Calls['exportMerged']['reply']> {
  const { runId, format, directory } = request;
  return cancellable('export', async (signal) => {
    const run = await keptRun(runId);
    const { opened, description } = requireModel();
    if (!run.isImported && description.baseModelId !== run.model.baseModelId) {
      throw new WorkerError(`This adapter belongs to ${run.model.name}: load that model in Train first.`);
    }
    const { layout, block } = await openAdapter(runId, opened.architecture);
    const files = await mergedFolder(
      opened.folder,
      opened.architecture,
      { layout, block },
      { dtype: DTYPE_OF[format] },
    );
    const entries = withProgress(files, signal);
    const stem = `${fileStem(run.name)}-merged-${format}`;
    if (directory) {
      await writeFolder(directory, entries);
      return { fileName: directory.name, zip: null };
    }
    return { fileName: `${stem}.zip`, zip: await collectBlob(zipStream(entries), 'application/zip') };
  });
}

/** The same entries, told to the page as they are read, and ended by the signal. */
function withProgress(entries: readonly ZipEntry[], signal: AbortSignal): ZipEntry[] {
  const totalBytes = entries.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  let doneBytes = 0;
  let toldAt = 0;
  async function* counted(entry: ZipEntry): AsyncGenerator<Uint8Array> {
    const bytes = entry.bytes();
    for await (const chunk of Symbol.asyncIterator in bytes ? bytes : [bytes]) {
      signal.throwIfAborted();
      doneBytes += chunk.length;
      if (performance.now() - toldAt > 50 || doneBytes === totalBytes) {
        toldAt = performance.now();
        post({ kind: 'exportProgress', doneBytes, totalBytes });
      }
      yield chunk;
    }
  }
  return entries.map((entry) => ({ ...entry, bytes: () => counted(entry) }));
}
