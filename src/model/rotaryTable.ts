// Rotary angles by position, for each kind of scaling, as transformers 5 computes them (`modeling_rope_utils.py`). The
// engine there works in f32, and at position 2,000 one f32 step of a frequency is 1e-4 of a turn: so the same operations
// are done here in the same order, each rounded to f32.
import { z } from 'zod';
import { ModelError } from './modelError.ts';

interface BaseConfig {
  readonly headDim: number;
  readonly theta: number;
}

/** What the angles depend on. linear: Chen 2023, arXiv 2306.15595; yarn: Peng 2023, arXiv 2309.00071. */
export type RotaryConfig = BaseConfig & (DefaultScaling | LinearScaling | Llama3Scaling | YarnScaling);

interface DefaultScaling {
  readonly type: 'default';
}

interface LinearScaling {
  readonly type: 'linear';
  readonly factor: number;
}

interface Llama3Scaling {
  readonly type: 'llama3';
  readonly factor: number;
  readonly lowFreqFactor: number;
  readonly highFreqFactor: number;
  readonly originalMaxPositions: number;
}

interface YarnScaling {
  readonly type: 'yarn';
  readonly factor: number;
  readonly originalMaxPositions: number;
  /** Factor of cosines and sines. */
  readonly attentionFactor: number;
  readonly betaFast: number;
  readonly betaSlow: number;
  readonly truncate: boolean;
}

const positive = z.number().positive();

const parametersSchema = z.object({
  rope_type: z.string().nullish(),
  type: z.string().nullish(),
  rope_theta: positive.nullish(),
  partial_rotary_factor: z.number().nullish(),
  factor: positive.nullish(),
  original_max_position_embeddings: positive.nullish(),
  low_freq_factor: positive.nullish(),
  high_freq_factor: positive.nullish(),
  attention_factor: positive.nullish(),
  mscale: z.number().nullish(),
  mscale_all_dim: z.number().nullish(),
  beta_fast: z.number().nullish(),
  beta_slow: z.number().nullish(),
  truncate: z.boolean().nullish(),
});
type Parameters = z.infer<typeof parametersSchema>;

const configSchema = z.object({
  rope_theta: positive.nullish(),
  partial_rotary_factor: z.number().nullish(),
  original_max_position_embeddings: positive.nullish(),
  rope_scaling: parametersSchema.nullish(),
  rope_parameters: parametersSchema.nullish(),
});

const DEFAULT_THETA = 10_000;

/**
 * The rotary settings of a `config.json`, in the form of transformers 5 (`rope_parameters`) or the older one (`rope_theta`
 * and `rope_scaling`, which wins, as it does there). Throws ModelError, naming the file and the field.
 */
export function rotaryConfigOf(
  config: Readonly<Record<string, unknown>>,
  { headDim, maxPositions, fileName }: { headDim: number; maxPositions: number; fileName: string },
): RotaryConfig {
  const parsed = configSchema.safeParse(config);
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!;
    throw new ModelError(`${fileName}: ${issue.path.join('.')}: ${issue.message}`);
  }
  const { rope_scaling: scaling, rope_parameters: newer, ...top } = parsed.data;
  const p: Parameters = (scaling && Object.keys(scaling).length > 0 ? scaling : newer) ?? {};
  if ((p.partial_rotary_factor ?? top.partial_rotary_factor ?? 1) !== 1) {
    throw new ModelError(`${fileName}: partial_rotary_factor other than 1 is not supported.`);
  }
  const base = { headDim, theta: p.rope_theta ?? top.rope_theta ?? DEFAULT_THETA };
  const originalMaxPositions =
    top.original_max_position_embeddings ?? p.original_max_position_embeddings ?? maxPositions;
  const type = p.rope_type ?? p.type ?? 'default';
  const need = (name: 'factor' | 'low_freq_factor' | 'high_freq_factor'): number => {
    const value = p[name];
    if (value == null) throw new ModelError(`${fileName}: rotary scaling ${type} needs ${name}.`);
    return value;
  };
  switch (type) {
    case 'default':
      return { ...base, type };
    case 'dynamic':
      // Grows with what lies beyond the model's positions, where no row goes here.
      return { ...base, type: 'default' };
    case 'linear':
      return { ...base, type, factor: need('factor') };
    case 'llama3':
      return {
        ...base,
        type,
        factor: need('factor'),
        lowFreqFactor: need('low_freq_factor'),
        highFreqFactor: need('high_freq_factor'),
        originalMaxPositions,
      };
    case 'yarn': {
      const factor = p.factor ?? maxPositions / originalMaxPositions;
      return {
        ...base,
        type,
        factor,
        originalMaxPositions,
        attentionFactor: p.attention_factor ?? yarnAttentionFactor(factor, p.mscale, p.mscale_all_dim),
        betaFast: p.beta_fast || 32,
        betaSlow: p.beta_slow || 1,
        truncate: p.truncate ?? true,
      };
    }
    default:
      throw new ModelError(
        `${fileName}: rotary scaling ${JSON.stringify(type)} is not supported (default, linear, dynamic, llama3, yarn are).`,
      );
  }
}

function yarnAttentionFactor(factor: number, mscale?: number | null, mscaleAllDim?: number | null): number {
  const magnitude = (by: number) => (factor <= 1 ? 1 : 0.1 * by * Math.log(factor) + 1);
  return mscale && mscaleAllDim ? magnitude(mscale) / magnitude(mscaleAllDim) : magnitude(1);
}

/** [positions, headDim]: each row the cosines of the headDim/2 pairs of elements, then their sines. `first`: of row 0. */
export function rotaryTable(config: RotaryConfig, positions: number, first = 0): Float32Array<ArrayBuffer> {
  const frequencies = inverseFrequencies(config);
  const half = frequencies.length;
  const scale = f32(config.type === 'yarn' ? config.attentionFactor : 1);
  const table = new Float32Array(positions * half * 2);
  for (let row = 0; row < positions; row++) {
    for (let i = 0; i < half; i++) {
      const angle = f32((first + row) * frequencies[i]!);
      table[2 * row * half + i] = f32(Math.cos(angle)) * scale;
      table[(2 * row + 1) * half + i] = f32(Math.sin(angle)) * scale;
    }
  }
  return table;
}

const f32 = Math.fround;
// PyTorch computes number / tensor as number · (1 / tensor).
const over = (number: number, value: number) => f32(f32(1 / value) * f32(number));

/** Radians per position, of each pair of elements. */
function inverseFrequencies(config: RotaryConfig): Float32Array {
  const { headDim, theta } = config;
  const powers = Float32Array.from({ length: headDim / 2 }, (_, i) => f32(theta) ** f32((2 * i) / headDim));
  const plain = powers.map((power) => 1 / power);
  switch (config.type) {
    case 'default':
      return plain;
    case 'linear':
      return plain.map((frequency) => frequency / f32(config.factor));
    case 'llama3':
      return plain.map((frequency) => llama3Frequency(frequency, config));
    case 'yarn':
      return yarnFrequencies(powers, plain, config);
  }
}

/** Long waves are slowed by the factor, short ones kept, those between blended. */
function llama3Frequency(frequency: number, config: Llama3Scaling): number {
  const { factor, lowFreqFactor, highFreqFactor, originalMaxPositions } = config;
  const wavelength = over(2 * Math.PI, frequency);
  const isLong = wavelength > originalMaxPositions / lowFreqFactor;
  const isShort = wavelength < originalMaxPositions / highFreqFactor;
  if (isLong) return f32(frequency / f32(factor));
  if (isShort) return frequency;
  const smooth = f32(
    f32(over(originalMaxPositions, wavelength) - f32(lowFreqFactor)) / f32(highFreqFactor - lowFreqFactor),
  );
  const slowed = f32(f32(f32(1 - smooth) * frequency) / f32(factor));
  return f32(slowed + f32(smooth * frequency));
}

/** A linear ramp over the pairs, from kept frequencies to slowed ones. */
function yarnFrequencies(powers: Float32Array, plain: Float32Array, config: BaseConfig & YarnScaling): Float32Array {
  const { headDim, theta, factor, originalMaxPositions, betaFast, betaSlow, truncate } = config;
  const pairThatTurns = (times: number) =>
    (headDim * Math.log(originalMaxPositions / (times * 2 * Math.PI))) / (2 * Math.log(theta));
  let low = pairThatTurns(betaFast);
  let high = pairThatTurns(betaSlow);
  if (truncate) {
    low = Math.floor(low);
    high = Math.ceil(high);
  }
  low = Math.max(low, 0);
  high = Math.min(high, headDim - 1);
  if (low === high) high += 0.001;
  return plain.map((frequency, i) => {
    const ramp = Math.min(Math.max(f32(f32(i - f32(low)) / f32(high - low)), 0), 1);
    const kept = f32(1 - ramp);
    const slowed = over(1, f32(f32(factor) * powers[i]!));
    return f32(f32(slowed * f32(1 - kept)) + f32(frequency * kept));
  });
}
