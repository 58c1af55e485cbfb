// A transformers.js folder of the base with its adapters left open: one graph whose adapted matrices take their factors as
// inputs, the factors of any number of adapters as files beside it, and a script that shows how they meet.
import type { ByteSource } from '../formats/byteSource.ts';
import { textEntry } from '../formats/folderEntries.ts';
import type { ModelFolder } from '../formats/modelFolder.ts';
import { planSafetensors, safetensorsChunks } from '../formats/safetensors.ts';
import type { ZipEntry } from '../formats/zipWriter.ts';
import type { Architecture } from '../model/architecture.ts';
import type { Target } from '../model/targets.ts';
import { ADAPTERS_SCRIPT } from './adaptersScript.ts';
import { decoderGraph } from './decoder.ts';
import { checkedWeights, folderFiles, type OnnxOptions } from './folderFiles.ts';
import { adaptedMatrices, adapterFactors, matricesOf, type OpenAdapter } from './openMatrices.ts';

/** Open where no adapter says otherwise. */
const DEFAULT_TARGETS: readonly Target[] = ['q', 'k', 'v', 'o'];

export interface OnnxAdaptersOptions extends OnnxOptions {
  /** Open in every layer, besides what the adapters are on; default q, k, v, o, but none where adapters are given. */
  readonly targets?: readonly Target[];
}

/**
 * The files of the folder: as onnxFolder's, then `adapters/<name>.safetensors` and `adapters.js`. Adapters of one name
 * are numbered. Throws as onnxFolder.
 */
export async function onnxAdaptersFolder(
  model: ModelFolder<ByteSource>,
  a: Architecture,
  adapters: readonly OpenAdapter[],
  { targets = adapters.length === 0 ? DEFAULT_TARGETS : [], ...options }: OnnxAdaptersOptions,
): Promise<ZipEntry[]> {
  const files = await checkedWeights(model, a);
  const open = new Set([...adaptedMatrices(adapters), ...matricesOf(a, targets)]);
  const graph = decoderGraph(a, { files, updates: new Map() }, options, open);
  const names = fileNames(adapters.map(({ name }) => name));
  return [
    ...(await folderFiles(model, graph, options)),
    ...adapters.map((adapter, i) => factorsFile(a, adapter, names[i]!)),
    textEntry('adapters.js', ADAPTERS_SCRIPT),
  ];
}

function factorsFile(a: Architecture, adapter: OpenAdapter, name: string): ZipEntry {
  const factors = adapterFactors(a, adapter);
  const metadata = { adapter: adapter.name };
  return {
    name: `adapters/${name}.safetensors`,
    sizeBytes: planSafetensors(factors, metadata).sizeBytes,
    bytes: () => safetensorsChunks(factors, metadata),
  };
}

/** Names as files anywhere may be called; the second of a name is name-2. */
function fileNames(names: readonly string[]): string[] {
  const taken = new Set<string>();
  return names.map((name) => {
    const stem = name.replace(/[^\p{L}\p{N}._-]+/gu, '-').replace(/^[.-]+|[.-]+$/g, '') || 'adapter';
    let free = stem;
    for (let n = 2; taken.has(free.toLowerCase()); n++) free = `${stem}-${n}`;
    taken.add(free.toLowerCase());
    return free;
  });
}
