// A transformers folder of merged weights, as files that are made while they are written: into a folder or a zip. No
// shard is ever held.

import { isBlockDtype } from '../formats/blockTypes.ts';
import { type ByteSource, readText } from '../formats/byteSource.ts';
import { type FloatDtype, isFloatDtype } from '../formats/dtypes.ts';
import { copiedEntry, textEntry } from '../formats/folderEntries.ts';
import { parseJsonObject } from '../formats/json.ts';
import type { ModelFolder } from '../formats/modelFolder.ts';
import { openWeights } from '../formats/openModel.ts';
import { planSafetensors, safetensorsChunks, type TensorEntry } from '../formats/safetensors.ts';
import { planShards, WEIGHTS_INDEX_NAME, type WeightTensor } from '../formats/weightFiles.ts';
import type { ZipEntry } from '../formats/zipWriter.ts';
import { type Architecture, architectureOf } from '../model/architecture.ts';
import type { AdapterLayout } from './adapterSet.ts';
import { folderShape, mergedTensor, type StoredUpdate, storedUpdates } from './merge.ts';

const TORCH_DTYPE: Readonly<Record<FloatDtype, string>> = { F32: 'float32', F16: 'float16', BF16: 'bfloat16' };

export interface MergeOptions {
  readonly dtype: FloatDtype;
  /** Data in one weight file at most; default 2 GB. */
  readonly maxShardBytes?: number;
}

/**
 * The files of the merged model, config.json first, weights last. `block`: the adapter's parameters, `layout.count`
 * elements. Reading a file's bytes throws AdapterError where a weight does not fit f16.
 */
export async function mergedFolder(
  model: ModelFolder<ByteSource>,
  a: Architecture,
  adapter: { layout: AdapterLayout; block: Float32Array },
  { dtype, maxShardBytes }: MergeOptions,
): Promise<ZipEntry[]> {
  const files = await openWeights(model);
  const updates = storedUpdates(a, files, adapter.layout, adapter.block);
  const entries = [...files.tensors.values()].map((tensor) => entryOf(tensor, updates.get(tensor.info.name), dtype));
  const { shards, indexJson } = planShards(entries, maxShardBytes);
  const config = await readText(model.config);
  const copied = [
    model.generationConfig,
    model.tokenizer,
    model.tokenizerConfig,
    model.specialTokensMap,
    model.chatTemplate,
  ].filter((file) => file !== undefined);
  return [
    textEntry('config.json', withTorchDtype(withOwnHead(config, a), TORCH_DTYPE[dtype])),
    ...copied.map(copiedEntry),
    ...(indexJson === undefined ? [] : [textEntry(WEIGHTS_INDEX_NAME, indexJson)]),
    ...shards.map((shard) => ({
      name: shard.name,
      sizeBytes: planSafetensors(shard.entries).sizeBytes,
      bytes: () => safetensorsChunks(shard.entries),
    })),
  ];
}

/** Tensors that are no numbers (GPT-2's old masks) are copied. */
function entryOf(tensor: WeightTensor, update: StoredUpdate | undefined, dtype: FloatDtype): TensorEntry {
  const { info, source } = tensor;
  if (isFloatDtype(info.dtype) || isBlockDtype(info.dtype)) {
    return { name: info.name, dtype, shape: folderShape(tensor), bytes: () => mergedTensor(tensor, update, dtype) };
  }
  return { ...info, dtype: info.dtype, bytes: () => source.read(info.offset, info.sizeBytes) };
}

/** Where the weights have a head that differs from the embedding, config.json says so; everything else to the byte. */
function withOwnHead(config: string, { isTied }: Architecture): string {
  const said = architectureOf(parseJsonObject(config, 'config.json'));
  return said.isTied === isTied ? config : withField(config, 'tie_word_embeddings', 'tie_word_embeddings', 'false');
}

/** config.json with its weights' type, everything else to the byte. transformers 4 reads torch_dtype, 5 both. */
export function withTorchDtype(config: string, torchDtype: string): string {
  return withField(config, '(?:torch_)?dtype', 'torch_dtype', `"${torchDtype}"`);
}

/** Every field whose name matches gets the value; where there is none, one is put first. */
function withField(config: string, pattern: string, name: string, value: string): string {
  const field = new RegExp(`("${pattern}"\\s*:\\s*)(?:"[^"]*"|null|true|false)`, 'g');
  const changed = config.replace(field, `$1${value}`);
  return field.test(config) ? changed : config.replace('{', `{\n  "${name}": ${value},`);
}
