// The step record and the results, word for word as shaders/shared/step.wgsl and results.wgsl declare them.

export const STEP_HEADER_WORDS = 4;
export const ADAPTER_STEP_WORDS = 8;
export const RESULT_WORDS = 8;
/** Of an adapter's result: 1 once it is never updated again. */
export const IS_STOPPED_WORD = 5;

export interface AdapterStep {
  readonly lossScale: number;
  readonly learningRate: number;
  readonly biasCorrection1: number;
  readonly biasCorrection2Root: number;
  readonly weightDecay: number;
  /** 0 is off. */
  readonly clip: number;
}

export interface StepRecord {
  /** Place of this micro-batch in its optimizer step, from 0. */
  readonly microBatch: number;
  readonly dropoutSeed: number;
  /** Rows of each adapter's block that carry loss. */
  readonly lossRows: number;
  readonly adapters: readonly AdapterStep[];
}

export function packStep(record: StepRecord): Uint32Array<ArrayBuffer> {
  const words = new Uint32Array(STEP_HEADER_WORDS + record.adapters.length * ADAPTER_STEP_WORDS);
  const floats = new Float32Array(words.buffer);
  words.set([record.microBatch, record.dropoutSeed, record.lossRows, 0]);
  record.adapters.forEach((adapter, i) => {
    const { lossScale, learningRate, biasCorrection1, biasCorrection2Root, weightDecay, clip } = adapter;
    floats.set(
      [lossScale, learningRate, biasCorrection1, biasCorrection2Root, weightDecay, clip],
      STEP_HEADER_WORDS + i * ADAPTER_STEP_WORDS,
    );
  });
  return words;
}

export interface StepResult {
  readonly lossSum: number;
  readonly hits: number;
  readonly gradientNorm: number;
  /** False when the loss or gradient was not finite: the adapter was left as it was. */
  readonly isFinite: boolean;
}

export function unpackResults(bytes: ArrayBuffer): StepResult[] {
  const floats = new Float32Array(bytes);
  const words = new Uint32Array(bytes);
  return Array.from({ length: floats.length / RESULT_WORDS }, (_, i) => {
    const at = i * RESULT_WORDS;
    return {
      lossSum: floats[at]!,
      hits: floats[at + 1]!,
      gradientNorm: floats[at + 2]!,
      isFinite: words[at + 4] === 1,
    };
  });
}
