// The ops that are products: the frozen linear in every weight format, LoRA's skinny products, and the loss over the
// vocabulary. They are checked on sampled rows.
import { crossEntropyWithGradient } from '../../src/ops/crossEntropy.ts';
import { linearBackward, linearForward } from '../../src/ops/linear.ts';
import { loraGradients, loraProject, loraProjectBackward } from '../../src/ops/lora.ts';
import { packStep } from '../../src/ops/stepRecord.ts';
import * as crossEntropyReference from '../../src/reference/crossEntropy.ts';
import { times, timesTransposed, transposedTimes } from '../../src/reference/linear.ts';
import { dequantized } from './dequantized.ts';
import { adapterOn, SCALING } from './loraLinear.ts';
import { bytesOf, type OpCase, ROWS } from './opCase.ts';
import type { Rig, WeightFormat } from './rig.ts';
import { relativeError } from './statistics.ts';

/** Rows of a product that are checked. */
const SAMPLES = [0, 257, ROWS - 1];

/** Rows `SAMPLES` of [ROWS, cols]. */
function sampled(values: Float32Array, cols: number): Float32Array {
  return Float32Array.from(SAMPLES.flatMap((row) => [...values.subarray(row * cols, (row + 1) * cols)]));
}

/** y = x·W0ᵀ and dx = dy·W0, x: [ROWS, inner], W0: [cols, inner]. */
export function linearCases(rig: Rig, name: string, inner: number, cols: number, format: WeightFormat): OpCase[] {
  const w = rig.values(cols * inner);
  const weight = rig.weight(w, cols, inner, format);
  const seen = dequantized(w, format);
  const [xValues, dyValues] = [rig.values(ROWS * inner), rig.values(ROWS * cols)];
  const [x, dy] = [rig.input(xValues, [ROWS, inner]), rig.input(dyValues, [ROWS, cols])];
  const [y, dx] = [rig.output([ROWS, cols]), rig.output([ROWS, inner])];
  const operations = 2 * ROWS * inner * cols;
  const bytes = bytesOf(x, y, weight.parts[0]!.tensor);
  const shape = `${ROWS}×${inner}→${cols} ${format}`;
  return [
    {
      name: `linear forward, ${name} ${shape}`,
      record: (pass) => linearForward(pass, { x, weight, y }),
      operations,
      bytes,
      check: async () =>
        relativeError(
          sampled(await rig.read(y), cols),
          timesTransposed(sampled(xValues, inner), seen, SAMPLES.length, cols, inner),
        ),
    },
    {
      name: `linear backward, ${name} ${shape}`,
      record: (pass) => linearBackward(pass, { dy, weight, dx }),
      operations,
      bytes,
      check: async () =>
        relativeError(
          sampled(await rig.read(dx), inner),
          times(sampled(dyValues, cols), seen, SAMPLES.length, inner, cols),
        ),
    },
  ];
}

export function crossEntropyCase(rig: Rig, name: string, rows: number, hidden: number, vocabulary: number): OpCase {
  const w = rig.values(vocabulary * hidden).map((value) => value * 0.1);
  const head = rig.weight(w, vocabulary, hidden, 'f16');
  const seen = dequantized(w, 'f16');
  const xValues = rig.values(rows * hidden);
  const x = rig.input(xValues, [rows, hidden]);
  const targetIds = Uint32Array.from({ length: rows }, (_, i) => (i * 7919) % vocabulary);
  const targets = rig.input(targetIds, [rows]);
  const none = { learningRate: 0, biasCorrection1: 1, biasCorrection2Root: 1, weightDecay: 0, clip: 0 };
  const words = packStep({
    microBatch: 0,
    dropoutSeed: 0,
    lossRows: rows,
    adapters: [{ ...none, lossScale: 1 / rows }],
  });
  const step = rig.input(words, [words.length]);
  const results = rig.output([1, 8]);
  const dHidden = rig.output([rows, hidden]);
  // What stepPlan gives: at most 8 MiB of logits at a time.
  const chunkRows = Math.max(1024, Math.floor((8 << 20) / 4 / rows));
  return {
    name: `cross-entropy with gradient, ${name} ${rows}×${hidden}→${vocabulary} f16`,
    record: (pass) =>
      crossEntropyWithGradient(pass, { hidden: x, head, targets, step, results, dHidden }, { adapters: 1, chunkRows }),
    operations: 4 * rows * hidden * vocabulary,
    bytes: bytesOf(x, head.parts[0]!.tensor, dHidden),
    check: async () => {
      const picked = [0, rows - 1];
      const pick = (values: Float32Array) =>
        picked.flatMap((row) => [...values.subarray(row * hidden, (row + 1) * hidden)]);
      const expected = crossEntropyReference.crossEntropy({
        rowsPerGroup: picked.length,
        lossRows: picked.length,
        lossScales: [1 / rows],
        hidden,
        vocabulary,
        x: pick(xValues),
        head: seen,
        targets: picked.map((row) => targetIds[row]!),
      });
      return relativeError(pick(await rig.read(dHidden)), expected.dHidden);
    },
  };
}

/** U = x·Aᵀ, V = dy·B, and the gradients of A and B. */
export function loraCases(rig: Rig, rank: number, inner: number, cols: number): OpCase[] {
  const { parameters, lora, v, gradients } = adapterOn(rig, rank, inner, cols);
  const [a, b] = [parameters.subarray(0, rank * inner), parameters.subarray(rank * inner)];
  const [xValues, dyValues] = [rig.values(ROWS * inner), rig.values(ROWS * cols)];
  const [x, dy] = [rig.input(xValues, [ROWS, inner]), rig.input(dyValues, [ROWS, cols])];
  const step = rig.input(packStep({ microBatch: 0, dropoutSeed: 1, lossRows: ROWS, adapters: [] }), [4]);
  const shape = `${ROWS}×${inner}→${cols}, r=${rank}`;
  return [
    {
      name: `LoRA U = x·Aᵀ, ${shape}`,
      record: (pass) => loraProject(pass, lora, { x, step }),
      operations: 2 * ROWS * inner * rank,
      bytes: bytesOf(x, lora.u) + a.byteLength,
      check: async () => relativeError(await rig.read(lora.u), timesTransposed(xValues, a, ROWS, rank, inner)),
    },
    {
      name: `LoRA V = dy·B, ${shape}`,
      record: (pass) => loraProjectBackward(pass, lora, { dy, v }),
      operations: 2 * ROWS * cols * rank,
      bytes: bytesOf(dy, v) + b.byteLength,
      check: async () => relativeError(await rig.read(v), times(dyValues, b, ROWS, rank, cols)),
    },
    {
      name: `LoRA gradients of A and B, ${shape}`,
      record: (pass) => loraGradients(pass, lora, { x, dy, v, step, gradients }),
      operations: 2 * ROWS * (inner + cols) * rank,
      bytes: bytesOf(x, dy, lora.u, v, gradients),
      check: async () => {
        const u = await rig.read(lora.u);
        const da = transposedTimes(await rig.read(v), xValues, rank, inner, ROWS);
        const db = transposedTimes(dyValues, u, cols, rank, ROWS);
        const expected = [...da, ...db].map((value) => value * SCALING);
        return relativeError(await rig.read(gradients), expected);
      },
    },
  ];
}
