/**
 * Rotary scaling of a GGUF file as transformers' `rope_scaling`. Linear and YaRN are written as settings. Llama 3's is
 * not: the file has the factor by which each frequency is divided (`rope_freqs.weight`), made from settings that it does
 * not say. They are found again here and held against every factor.
 * Source: llama.cpp, `convert_hf_to_gguf.py` (`generate_extra_tensors`), `src/llama-model.cpp` (keys and their defaults).
 */
import type { GgufMetadata } from './ggufMetadata.ts';

export type RopeScaling = { rope_type: string } & Record<string, number | string>;

interface RopeFacts {
  architecture: string;
  headDim: number;
  theta: number;
  /** The values of rope_freqs.weight, [headDim / 2]. */
  factors: Float32Array | undefined;
}

/** undefined: no scaling. Throws a FormatError for scaling of another kind. */
export function ropeScalingOf(metadata: GgufMetadata, facts: RopeFacts): RopeScaling | undefined {
  const at = `${facts.architecture}.rope.scaling`;
  const factor = metadata.number(`${at}.factor`) ?? metadata.number(`${facts.architecture}.rope.scale_linear`) ?? 1;
  const type = metadata.text(`${at}.type`) ?? (factor === 1 || factor === 0 ? 'none' : 'linear');
  const attention = metadata.number(`${at}.attn_factor`) ?? 1;
  if (attention !== 1) throw metadata.fail(`${at}.attn_factor: ${attention} is not supported, only 1 is`);
  const isScaled = type === 'yarn' || (type === 'linear' && factor !== 1 && factor !== 0);
  if (facts.factors && !facts.factors.every((value) => value === 1)) {
    if (isScaled) throw metadata.fail(`${at}.type: ${type} beside rope_freqs.weight is not supported`);
    return llama3Scaling(metadata, facts.factors, facts);
  }
  if (type === 'none') return undefined;
  if (type === 'linear') return isScaled ? { rope_type: 'linear', factor } : undefined;
  if (type !== 'yarn')
    throw metadata.fail(`${at}.type: ${JSON.stringify(type)} is not supported (linear and yarn are)`);
  const scaling: RopeScaling = {
    rope_type: 'yarn',
    factor,
    original_max_position_embeddings: metadata.need(`${at}.original_context_length`, metadata.size),
  };
  const betaFast = metadata.number(`${at}.yarn_beta_fast`);
  const betaSlow = metadata.number(`${at}.yarn_beta_slow`);
  if (betaFast !== undefined) scaling.beta_fast = betaFast;
  if (betaSlow !== undefined) scaling.beta_slow = betaSlow;
  for (const name of ['yarn_ext_factor', 'yarn_attn_factor', 'yarn_log_multiplier']) {
    const value = metadata.number(`${at}.${name}`);
    const isPlain = value === undefined || value === (name === 'yarn_log_multiplier' ? 0 : 1);
    if (!isPlain) throw metadata.fail(`${at}.${name}: ${value} is not supported`);
  }
  return scaling;
}

/** A factor of the file is f32, computed from f32 frequencies. */
const TOLERANCE = 1e-5;

function llama3Scaling(metadata: GgufMetadata, factors: Float32Array, { headDim, theta }: RopeFacts): RopeScaling {
  const frequencies = Array.from({ length: headDim / 2 }, (_, i) => theta ** ((-2 * i) / headDim));
  const factor = Math.max(...factors);
  if (factors.length === frequencies.length) {
    for (const [low, high, original] of candidates(factors, frequencies, factor)) {
      const isSame = frequencies.every((frequency, i) => {
        const made = llama3Factor(frequency, factor, low, high, original);
        return Math.abs(made / factors[i]! - 1) < TOLERANCE;
      });
      if (!isSame) continue;
      return {
        rope_type: 'llama3',
        factor,
        low_freq_factor: low,
        high_freq_factor: high,
        original_max_position_embeddings: original,
      };
    }
  }
  throw metadata.fail('rope_freqs.weight: these frequency factors are not those of Llama 3; they are not supported');
}

type Settings = [low: number, high: number, original: number];

/**
 * Settings that may have made these factors: Llama 3's own, else what the factors between the ends give. Only the ratios
 * of low, high and original matter, so low is 1; where one factor alone lies between, so does high within bounds.
 */
function candidates(factors: Float32Array, frequencies: readonly number[], factor: number): Settings[] {
  const known: Settings = [1, 4, 8192];
  // 1 / f = (1 - s) / factor + s, with s = (original·frequency / 2π - low) / (high - low).
  const blended = frequencies.flatMap((frequency, i) => {
    const s = (1 / factors[i]! - 1 / factor) / (1 - 1 / factor);
    return s > 1e-4 && s < 1 - 1e-4 ? [{ frequency, s }] : [];
  });
  const [first, last] = [blended[0], blended.at(-1)];
  if (!first || !last) return [known];
  if (first === last) {
    const originalFor = (high: number) => ((first.s * (high - 1) + 1) * 2 * Math.PI) / first.frequency;
    return [known, ...[4, 3, 2, 1.5, 8].map((high): Settings => [1, high, originalFor(high)])];
  }
  const slope = (first.s - last.s) / (first.frequency - last.frequency);
  const below = slope * first.frequency - first.s;
  const high = 1 + 1 / below;
  const original = slope * 2 * Math.PI * (high - 1);
  return [known, [1, Math.round(high * 1000) / 1000, Math.round(original)], [1, high, original]];
}

export interface Llama3Rope {
  readonly headDim: number;
  readonly theta: number;
  readonly factor: number;
  readonly lowFreqFactor: number;
  readonly highFreqFactor: number;
  readonly originalMaxPositions: number;
}

/** The values of rope_freqs.weight, [headDim / 2]: by what each frequency is divided. */
export function llama3Factors({ headDim, theta, ...rope }: Llama3Rope): Float32Array<ArrayBuffer> {
  return Float32Array.from({ length: headDim / 2 }, (_, i) => {
    const frequency = theta ** ((-2 * i) / headDim);
    return llama3Factor(frequency, rope.factor, rope.lowFreqFactor, rope.highFreqFactor, rope.originalMaxPositions);
  });
}

function llama3Factor(frequency: number, factor: number, low: number, high: number, original: number): number {
  const wavelength = (2 * Math.PI) / frequency;
  if (wavelength < original / high) return 1;
  if (wavelength > original / low) return factor;
  const smooth = (original / wavelength - low) / (high - low);
  return 1 / ((1 - smooth) / factor + smooth);
}
