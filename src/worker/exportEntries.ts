// What leaves for each destination, as files that are made while they are read.

import { ggufAdapterFile } from '../adapters/ggufAdapter.ts';
import { mergedFolder } from '../adapters/mergedFolder.ts';
import { ggufFile } from '../adapters/mergedGguf.ts';
import { adapterCard } from '../formats/adapterCard.ts';
import { blobSource } from '../formats/byteSource.ts';
import { copiedEntry, textEntry } from '../formats/folderEntries.ts';
import { sortModelFiles } from '../formats/modelFolder.ts';
import { readAdapterConfig } from '../formats/peft.ts';
import { openZip } from '../formats/zipReader.ts';
import type { ZipEntry } from '../formats/zipWriter.ts';
import { DTYPE_OF } from '../model/readRows.ts';
import { cardInfo } from './adapterCardInfo.ts';
import { adapterZip, openAdapter } from './adapterStore.ts';
import { continueEntries } from './continuing.ts';
import { WorkerError } from './failure.ts';
import type { KeptRun } from './keptRun.ts';
import { keptRun } from './library.ts';
import type { OpenedModel } from './modelSource.ts';
import { fileStem } from './names.ts';
import type { ExportWhat } from './protocol/exports.ts';

/** `stem` names the folder or archive; a single file has its own name. */
export interface Leaving {
  readonly stem: string;
  readonly entries: readonly ZipEntry[];
  readonly isSingleFile: boolean;
  /** What a person should know: whole sentences. */
  readonly notes?: readonly string[];
}

/** How an export gets at the base of a run. Asked only where the destination needs it. */
export type BaseOf = (run: KeptRun) => Promise<OpenedModel>;

/** Throws what is wrong with run, adapter or base, by its own error class; the base's weights are read with the entries. */
export async function exportEntries(what: ExportWhat, baseOf: BaseOf): Promise<Leaving> {
  const run = await keptRun(what.runId);
  const stem = fileStem(run.name);
  const names = { title: run.name, baseModel: run.model.baseModelId };
  const opened = async () => {
    const { folder, architecture } = await baseOf(run);
    return { folder, architecture, adapter: await openAdapter(run.id, architecture) };
  };
  switch (what.kind) {
    case 'adapter':
      return { stem, entries: await adapterEntries(run), isSingleFile: false };
    case 'merged': {
      const { folder, architecture, adapter } = await opened();
      const entries = await mergedFolder(folder, architecture, adapter, { dtype: DTYPE_OF[what.format] });
      return { stem: `${stem}-merged-${what.format}`, entries, isSingleFile: false };
    }
    case 'ggufLora': {
      const { architecture, adapter } = await opened();
      const file = ggufAdapterFile(architecture, adapter, { fileName: `${stem}-lora.gguf`, ...names });
      return { stem, entries: [file], isSingleFile: true };
    }
    case 'gguf': {
      const { folder, architecture, adapter } = await opened();
      const fileName = `${stem}-${what.format}.gguf`;
      const { file, notes } = await ggufFile(folder, architecture, adapter, { type: what.format, fileName, ...names });
      return { stem, entries: [file], isSingleFile: true, notes };
    }
    case 'onnx': {
      const { folder, architecture, adapter } = await opened();
      const { onnxFolder } = await import('../onnx/onnxFolder.ts');
      const entries = await onnxFolder(folder, architecture, adapter, { dtype: what.format });
      return { stem: `${stem}-onnx-${what.format}`, entries, isSingleFile: false };
    }
    case 'onnxAdapters': {
      const { folder, architecture, adapter } = await opened();
      const others = what.others.map(async (id) => ({
        ...(await openAdapter(id, architecture)),
        name: (await keptRun(id)).name,
      }));
      const adapters = [{ ...adapter, name: run.name }, ...(await Promise.all(others))];
      const { onnxAdaptersFolder } = await import('../onnx/adaptersFolder.ts');
      const entries = await onnxAdaptersFolder(folder, architecture, adapters, { dtype: what.format });
      return { stem: `${stem}-onnx-adapters-${what.format}`, entries, isSingleFile: false };
    }
    case 'continue': {
      const entries = await continueEntries(run, await baseOf(run));
      return { stem: `${stem}-continue`, entries, isSingleFile: false };
    }
    default:
      return what satisfies never;
  }
}

/** The stored files, with a model card that says the run's newest results. An imported adapter leaves as it came. */
async function adapterEntries(run: KeptRun): Promise<ZipEntry[]> {
  const files = await openZip(blobSource(await adapterZip(run.id), `${run.name}.zip`));
  if (run.isImported) return files.map(copiedEntry);
  const folder = sortModelFiles(files);
  if (folder.kind !== 'adapter') throw new WorkerError(`“${run.name}” is not kept as an adapter.`);
  const config = await readAdapterConfig(folder.config);
  const card = adapterCard({ ...cardInfo(run), config, trainedParameters: run.plan.trainableParameters });
  return [copiedEntry(folder.config), copiedEntry(folder.weights), textEntry('README.md', card)];
}
