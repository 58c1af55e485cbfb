// What a decoder graph takes and gives, read from the session itself: names, types and sizes. Names are those of
// transformers.js; whatever else a graph asks for must be an adapter's factor, or it is refused by name.
import type { InferenceSession } from 'onnxruntime-web';
import { OnnxError } from './onnxError.ts';

export type FloatType = 'float32' | 'float16';

export interface CacheInput {
  readonly name: string;
  /** The output that is its next value. */
  readonly present: string;
  readonly type: FloatType;
  readonly heads: number;
  readonly headDim: number;
}

/** lora_A is [features, rank], lora_B [rank, features]. */
export interface AdapterInput {
  readonly name: string;
  readonly factor: 'A' | 'B';
  readonly type: FloatType;
  readonly features: number;
}

export interface GraphSignature {
  readonly cache: readonly CacheInput[];
  readonly adapter: readonly AdapterInput[];
  readonly takesPositions: boolean;
  /** It computes no more logits than it is told to. */
  readonly takesLogitsCount: boolean;
  /** Two graphs in one, for an empty cache and for a filled one; the latter takes one token. */
  readonly hasCacheBranch: boolean;
}

const CACHE = /^past_key_values\.(\d+)\.(key|value)$/;
const FACTOR = /lora_([AB])(\.weight)?$/;
const KNOWN = ['input_ids', 'attention_mask', 'position_ids', 'num_logits_to_keep', 'use_cache_branch'];

type Metadata = InferenceSession.TensorValueMetadata;

/** Throws OnnxError, naming the inputs or outputs that are missing or not known. */
export function readSignature(session: Pick<InferenceSession, 'inputMetadata' | 'outputMetadata'>): GraphSignature {
  const inputs = session.inputMetadata.filter((input): input is Metadata => input.isTensor);
  const outputs = new Set(session.outputMetadata.map(({ name }) => name));
  const names = new Set(inputs.map(({ name }) => name));
  const missing = ['input_ids', 'attention_mask'].filter((name) => !names.has(name));
  const cache = inputs.filter(({ name }) => CACHE.test(name)).map(cacheInput);
  if (cache.length === 0) missing.push('past_key_values.0.key');
  if (missing.length > 0) {
    throw new OnnxError(`This graph has no input ${missing.join(', ')}: it is no decoder with a key–value cache.`);
  }
  const lacking = ['logits', ...cache.map(({ present }) => present)].filter((name) => !outputs.has(name));
  if (lacking.length > 0) throw new OnnxError(`This graph has no output ${lacking.slice(0, 4).join(', ')}.`);
  const adapter = inputs.filter(({ name }) => FACTOR.test(name)).map(adapterInput);
  const strange = inputs.filter(({ name }) => !KNOWN.includes(name) && !CACHE.test(name) && !FACTOR.test(name));
  if (strange.length > 0) {
    const named = strange.slice(0, 4).map(({ name }) => name);
    throw new OnnxError(`This graph asks for ${named.join(', ')}, which nothing here can give it.`);
  }
  return {
    cache,
    adapter,
    takesPositions: names.has('position_ids'),
    takesLogitsCount: names.has('num_logits_to_keep'),
    hasCacheBranch: names.has('use_cache_branch'),
  };
}

function cacheInput({ name, type, shape }: Metadata): CacheInput {
  const [, heads, , headDim] = shape;
  if (typeof heads !== 'number' || typeof headDim !== 'number' || shape.length !== 4) {
    throw new OnnxError(
      `${name}: expected [batch, heads, past, head size] with fixed heads, got [${shape.join(', ')}].`,
    );
  }
  return { name, present: name.replace('past_key_values', 'present'), type: floatType(name, type), heads, headDim };
}

function adapterInput({ name, type, shape }: Metadata): AdapterInput {
  const factor = FACTOR.exec(name)?.[1] === 'A' ? 'A' : 'B';
  const features = shape[factor === 'A' ? 0 : 1];
  if (typeof features !== 'number' || shape.length !== 2) {
    const expected = factor === 'A' ? '[features, rank]' : '[rank, features]';
    throw new OnnxError(`${name}: expected ${expected}, got [${shape.join(', ')}].`);
  }
  return { name, factor, type: floatType(name, type), features };
}

function floatType(name: string, type: string): FloatType {
  if (type === 'float32' || type === 'float16') return type;
  throw new OnnxError(`${name}: expected float32 or float16, got ${type}.`);
}
