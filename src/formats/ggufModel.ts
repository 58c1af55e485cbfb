/**
 * A GGUF file (or the shards of one) as a transformers folder: config.json, tokenizer.json and the rest are made from its
 * metadata, under `FILE.gguf/…`, so that everything that takes a folder takes it unchanged.
 */
import { type ByteSource, bytesSource } from './byteSource.ts';
import { isFloatDtype } from './dtypes.ts';
import { FormatError } from './formatError.ts';
import { type GgufHeader, readGgufHeader } from './gguf.ts';
import { ggufConfig, ggufShapeOf } from './ggufConfig.ts';
import { GgufMetadata } from './ggufMetadata.ts';
import { ggufShards } from './ggufShards.ts';
import { ggufTokenizer } from './ggufTokenizer.ts';
import { ggufWeights, ROPE_FACTORS } from './ggufWeights.ts';
import type { ModelFolder } from './modelFolder.ts';
import { readFloats } from './storedFloats.ts';
import type { WeightFiles, WeightTensor } from './weightFiles.ts';

interface OpenGguf {
  first: ByteSource;
  metadata: GgufMetadata;
  /** Of all shards, by GGUF's names. */
  tensors: Map<string, WeightTensor>;
}

/** A header holds the vocabulary, many megabytes; opening a model asks for it several times. */
const headers = new WeakMap<ByteSource, GgufHeader>();

async function headerOf(source: ByteSource): Promise<GgufHeader> {
  const known = headers.get(source);
  if (known) return known;
  const header = await readGgufHeader(source);
  headers.set(source, header);
  return header;
}

/** Reads the headers of one file, or of every shard of a split one. Throws a FormatError that names what is missing. */
async function openGguf(files: readonly ByteSource[]): Promise<OpenGguf> {
  const shards = ggufShards(files);
  const [first] = shards;
  if (first === undefined) throw new FormatError('model.gguf', 'missing');
  const tensors = new Map<string, WeightTensor>();
  let metadata: GgufHeader['metadata'] | undefined;
  for (const [index, source] of shards.entries()) {
    const header = await headerOf(source);
    checkSplit(source, header, index, shards.length);
    metadata ??= header.metadata;
    for (const [name, info] of header.tensors) {
      const other = tensors.get(name);
      if (other) throw new FormatError(source.name, `holds the tensor ${name}, as ${other.source.name} does`);
      tensors.set(name, { source, info });
    }
  }
  return { first, metadata: new GgufMetadata(first.name, metadata ?? new Map()), tensors };
}

function checkSplit(source: ByteSource, header: GgufHeader, index: number, shards: number): void {
  const metadata = new GgufMetadata(source.name, header.metadata);
  const count = metadata.size('split.count') ?? 1;
  const number = metadata.size('split.no') ?? 0;
  // Files that were split and joined again may say 0 or 1.
  if (Math.max(1, count) === shards) {
    if (shards === 1 || number === index) return;
    throw metadata.fail(`split.no: expected part ${index + 1} of ${shards}, got ${number + 1}; was the file renamed?`);
  }
  throw new FormatError(
    source.name,
    `is one of ${count} files that belong together, got ${shards}; give all of them under their own names (…-00001-of-…)`,
  );
}

/** The weights under transformers' names. Throws a FormatError for what is no model that runs here. */
export async function openGgufWeights(files: readonly ByteSource[]): Promise<WeightFiles> {
  const { metadata, tensors } = await openGguf(files);
  return { ...ggufWeights(ggufShapeOf(metadata), tensors), isGguf: true };
}

/** The files that a transformers folder of this model would have; the weights are the GGUF files themselves. */
export async function ggufFolder(files: readonly ByteSource[]): Promise<ModelFolder<ByteSource>> {
  const { first, metadata, tensors } = await openGguf(files);
  const infos = new Map([...tensors].map(([name, { info }]) => [name, info]));
  const { architecture } = ggufShapeOf(metadata);
  const config = ggufConfig(metadata, infos, await readRopeFactors(tensors.get(ROPE_FACTORS)));
  const { vocab_size: vocabularySize } = config;
  const made = ggufTokenizer(metadata, architecture, typeof vocabularySize === 'number' ? vocabularySize : 0);
  const file = (name: string, value: object, indent?: number) =>
    bytesSource(new TextEncoder().encode(`${JSON.stringify(value, null, indent)}\n`), `${first.name}/${name}`);
  return {
    kind: 'model',
    config: file('config.json', config, 2),
    weights: [...files],
    tokenizer: file('tokenizer.json', made.tokenizer),
    tokenizerConfig: file('tokenizer_config.json', made.tokenizerConfig, 2),
    generationConfig: file('generation_config.json', made.generationConfig, 2),
    specialTokensMap: undefined,
    chatTemplate: undefined,
  };
}

async function readRopeFactors(tensor: WeightTensor | undefined): Promise<Float32Array | undefined> {
  if (!tensor) return undefined;
  const { source, info } = tensor;
  const [count = 0] = info.shape;
  if (info.shape.length !== 1 || count > 1024 || !isFloatDtype(info.dtype)) {
    throw new FormatError(
      source.name,
      `${ROPE_FACTORS}: expected a short list of numbers, got ${info.dtype} [${info.shape}]`,
    );
  }
  return readFloats(tensor, 0, count);
}

/** The model's id on the Hub, where the file says. Its `general.name` is made up by converters and helps nobody. */
export async function ggufHubId(files: readonly ByteSource[]): Promise<string | undefined> {
  const { metadata } = await openGguf(files);
  const keys = ['general.source.huggingface.repository', 'general.source.repo_url', 'general.repo_url'];
  const url = keys.map(metadata.text).find((text) => text !== undefined);
  const id = url?.replace(/^https:\/\/huggingface\.co\//, '');
  return id !== undefined && /^[\w.-]+\/[\w.-]+$/.test(id) ? id : undefined;
}

/** What a copy of a GGUF model takes over as it is. */
export interface GgufParts {
  /** Metadata entries of the first file, key and type included. */
  readonly entries: readonly { readonly key: string; readonly raw: Uint8Array }[];
  readonly ropeFactors: WeightTensor | undefined;
}

export async function ggufParts(files: readonly ByteSource[]): Promise<GgufParts> {
  const { first, tensors } = await openGguf(files);
  const { entries } = await headerOf(first);
  const raw: { key: string; raw: Uint8Array }[] = [];
  for (const [key, { offset, sizeBytes }] of entries) raw.push({ key, raw: await first.read(offset, sizeBytes) });
  return { entries: raw, ropeFactors: tensors.get(ROPE_FACTORS) };
}
