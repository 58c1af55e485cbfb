// The models that are open in this worker: graph, tokenizer, adapters.

import { chatTemplateOf } from '../data/chatTemplate.ts';
import { openTokenizer } from '../data/openTokenizer.ts';
import type { TextTokenizer } from '../data/tokenizer.ts';
import { FormatError } from '../formats/formatError.ts';
import { type LoadedAdapter, loadAdapter } from './adapterFeeds.ts';
import { type AdapterFeeds, Decoder } from './decoder.ts';
import {
  adapterName,
  checkFits,
  folderSources,
  graphBytes,
  graphChoice,
  readConfig,
  readGraph,
  sortExportedFolder,
} from './exportedFolder.ts';
import { OnnxError } from './onnxError.ts';
import { bringRuntime } from './ortRuntime.ts';
import type { Calls, FolderDescription, OpenedModel, OpeningPhase, Speaker } from './protocol.ts';
import { letMessagesIn } from './turns.ts';

interface Model {
  readonly decoder: Decoder;
  readonly tokenizer: TextTokenizer;
  readonly maxPositions: number | null;
  readonly adapters: ReadonlyMap<string, LoadedAdapter>;
}

export type ReportOpening = (phase: OpeningPhase, doneBytes: number, totalBytes: number) => void;

const models = new Map<string, Model>();
let opened = 0;

/** Throws FormatError or DataError, naming the file. */
export async function describeFolder({ files }: Calls['describeFolder']['request']): Promise<FolderDescription> {
  const folder = sortExportedFolder(await folderSources(files));
  const tokenizer = await openTokenizer(folder);
  return {
    name: folder.name,
    ...(await readConfig(folder)),
    graphs: folder.graphs.map(graphChoice),
    adapters: folder.adapters.map((file) => ({ file: file.name, name: adapterName(file), sizeBytes: file.sizeBytes })),
    hasChatTemplate: chatTemplateOf(tokenizer) !== undefined,
  };
}

/** Throws FormatError, DataError or OnnxError. */
export async function openModel(
  { files, graph, provider }: Calls['openModel']['request'],
  report: ReportOpening,
  signal: AbortSignal,
): Promise<OpenedModel> {
  const folder = sortExportedFolder(await folderSources(files));
  const chosen = folder.graphs.find(({ file }) => file.name === graph);
  if (!chosen) throw new FormatError(graph, 'is not in this folder');
  checkFits(chosen, provider);
  const { maxPositions } = await readConfig(folder);
  const tokenizer = await openTokenizer(folder);
  const ort = await bringRuntime(provider, (done, total) => report('runtime', done, total));
  const startedAt = performance.now();
  const totalBytes = graphBytes(chosen);
  let doneBytes = 0;
  const bytes = await readGraph(chosen, async (sizeBytes) => {
    doneBytes += sizeBytes;
    report('graph', doneBytes, totalBytes);
    await letMessagesIn(signal);
  });
  report('session', 0, 0);
  await letMessagesIn(signal);
  const decoder = await Decoder.open(ort, bytes, provider);
  const openMs = performance.now() - startedAt;
  const takesAdapters = decoder.signature.adapter.length > 0;
  const adapters = new Map<string, LoadedAdapter>();
  try {
    for (const file of takesAdapters ? folder.adapters : []) adapters.set(file.name, await loadAdapter(file, decoder));
  } catch (error) {
    await decoder.release();
    throw error;
  }
  opened++;
  const modelId = `model-${opened}`;
  models.set(modelId, { decoder, tokenizer, maxPositions, adapters });
  return {
    modelId,
    provider,
    precision: graphChoice(chosen).precision,
    takesAdapters,
    adapters: folder.adapters.flatMap((file) => {
      const adapter = adapters.get(file.name);
      return adapter ? { file: file.name, name: adapter.name, rank: adapter.rank } : [];
    }),
    openMs,
  };
}

export async function closeModel(modelId: string): Promise<void> {
  const model = models.get(modelId);
  models.delete(modelId);
  for (const { feeds } of model?.adapters.values() ?? []) {
    for (const tensor of Object.values(feeds)) tensor.dispose();
  }
  await model?.decoder.release();
}

/** Throws OnnxError when it is not open, or has no such adapter. */
export function speakerOf({ modelId, adapter }: Speaker): Model & { feeds: AdapterFeeds } {
  const model = models.get(modelId);
  if (!model) throw new OnnxError('This model is no longer open; open it again.');
  if (adapter === null) return { ...model, feeds: {} };
  const loaded = model.adapters.get(adapter);
  if (!loaded) throw new OnnxError(`This model has no adapter ${adapter} open.`);
  return { ...model, feeds: loaded.feeds };
}
