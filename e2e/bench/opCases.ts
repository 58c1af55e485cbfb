// The ops of `ops.ts`: what each is run on, the arithmetic and bytes it needs, and the reference it is held against.
// Products are checked on sampled rows, the rest whole.
import type { Pass } from '../../src/gpu/plan.ts';
import { elementCount, storedBytes, type Tensor } from '../../src/gpu/tensor.ts';
import { activationBackward, activationForward } from '../../src/ops/activation.ts';
import { attentionBackward, attentionForward, columnsOfQkv } from '../../src/ops/attention.ts';
import { crossEntropyWithGradient } from '../../src/ops/crossEntropy.ts';
import { embeddingForward } from '../../src/ops/embedding.ts';
import { gatedBackward, gatedForward } from '../../src/ops/gated.ts';
import { layerNormBackward, layerNormForward } from '../../src/ops/layerNorm.ts';
import { linearBackward, linearForward } from '../../src/ops/linear.ts';
import { adamwStep } from '../../src/ops/optimizer.ts';
import { rmsNormBackward, rmsNormForward } from '../../src/ops/rmsNorm.ts';
import { rotaryForward } from '../../src/ops/rotary.ts';
import { packStep } from '../../src/ops/stepRecord.ts';
import * as activationReference from '../../src/reference/activation.ts';
import * as attentionReference from '../../src/reference/attention.ts';
import * as crossEntropyReference from '../../src/reference/crossEntropy.ts';
import * as layerNormReference from '../../src/reference/layerNorm.ts';
import { times, timesTransposed } from '../../src/reference/linear.ts';
import * as rmsNormReference from '../../src/reference/rmsNorm.ts';
import { dequantized } from './dequantized.ts';
import type { Rig, WeightFormat } from './rig.ts';
import { relativeError } from './statistics.ts';

export interface OpCase {
  readonly name: string;
  record(pass: Pass): void;
  readonly operations: number;
  readonly bytes: number;
  /** Largest difference from the reference over its largest value, after at least one run. */
  check(): Promise<number>;
}

const ROWS = 512;
const EPS = 1e-5;
/** Rows of a product that are checked. */
const SAMPLES = [0, 257, ROWS - 1];

/** SmolLM2-135M. */
const SMOL = { hidden: 576, mlp: 1536, heads: 9, kvHeads: 3, vocabulary: 49152 };

export function opCases(rig: Rig, isQuick: boolean): OpCase[] {
  const formats: WeightFormat[] = isQuick ? ['f32'] : ['f32', 'f16', 'q8', 'q4', 'nf4'];
  return [
    ...product(rig, 'step qkv', 256, 768, 'f32'),
    ...product(rig, 'step down', 1024, 256, 'f32'),
    ...formats.flatMap((format) => product(rig, 'SmolLM2 gate and up', SMOL.hidden, 2 * SMOL.mlp, format)),
    ...attention(rig, 'step', { heads: 4, kvHeads: 4, headDim: 64 }, 128),
    ...(isQuick ? [] : attention(rig, 'SmolLM2', { heads: SMOL.heads, kvHeads: SMOL.kvHeads, headDim: 64 }, 256)),
    crossEntropy(rig, 'step', 256, 256, 4096),
    ...(isQuick ? [] : [crossEntropy(rig, 'SmolLM2', 64, SMOL.hidden, SMOL.vocabulary)]),
    ...layerNorm(rig, 256),
    ...rmsNorm(rig, SMOL.hidden),
    ...activation(rig, 1024),
    ...gated(rig, SMOL.mlp),
    rotary(rig, SMOL.heads, SMOL.kvHeads, 64),
    embedding(rig, SMOL.hidden, 8192),
    adamw(rig, 1 << 20),
  ];
}

function bytesOf(...tensors: Tensor[]): number {
  return tensors.reduce((sum, { shape, type }) => sum + storedBytes(elementCount(shape), type), 0);
}

/** Rows `SAMPLES` of [ROWS, cols]. */
function sampled(values: Float32Array, cols: number): Float32Array {
  return Float32Array.from(SAMPLES.flatMap((row) => [...values.subarray(row * cols, (row + 1) * cols)]));
}

function product(rig: Rig, name: string, inner: number, cols: number, format: WeightFormat): OpCase[] {
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

/** Causal attention over documents of `length` tokens. */
function attention(
  rig: Rig,
  name: string,
  sizes: { heads: number; kvHeads: number; headDim: number },
  length: number,
): OpCase[] {
  const { heads, kvHeads, headDim } = sizes;
  const cols = (heads + 2 * kvHeads) * headDim;
  const width = heads * headDim;
  const all = { ...sizes, scale: 1 / Math.sqrt(headDim) };
  const place = (of: (m: number) => number) => Uint32Array.from({ length: ROWS }, (_, m) => of(m));
  const starts = place((m) => m - (m % length));
  const ends = place((m) => m);
  const [keyStart, keyEnd] = [rig.input(starts, [ROWS]), rig.input(ends, [ROWS])];
  const queryEnd = rig.input(
    place((m) => m - (m % length) + length - 1),
    [ROWS],
  );
  const [values, doutValues] = [rig.values(ROWS * cols), rig.values(ROWS * width)];
  const qkv = rig.input(values, [ROWS, cols]);
  const dout = rig.input(doutValues, [ROWS, width]);
  const [out, lse] = [rig.output([ROWS, width]), rig.output([ROWS, heads])];
  const [delta, dqkv] = [rig.output([ROWS, heads]), rig.output([ROWS, cols])];
  const pairs = (ROWS / length) * ((length * (length + 1)) / 2);
  const shape = `${ROWS / length}×${length}, ${heads}/${kvHeads} heads of ${headDim}`;
  const record = (pass: Pass) => attentionForward(pass, { ...columnsOfQkv(qkv, all), keyStart, keyEnd, out, lse }, all);
  return [
    {
      name: `attention forward, ${name} ${shape}`,
      record,
      operations: 4 * pairs * width,
      bytes: bytesOf(qkv, out, lse),
      check: async () => {
        const expected = attentionReference.attentionForward(values, starts, ends, { ...all, rows: ROWS });
        return relativeError(await rig.read(out), expected.out);
      },
    },
    {
      name: `attention backward, ${name} ${shape}`,
      record: (pass) => {
        attentionBackward(pass, { qkv, out, lse, dout, keyStart, keyEnd, queryEnd, delta, dqkv }, all);
      },
      operations: 8 * pairs * width,
      bytes: bytesOf(qkv, out, dout, lse, dqkv),
      check: async () => {
        const expected = attentionReference.attentionBackward(values, doutValues, starts, ends, { ...all, rows: ROWS });
        return relativeError(await rig.read(dqkv), expected);
      },
    },
  ];
}

function crossEntropy(rig: Rig, name: string, rows: number, hidden: number, vocabulary: number): OpCase {
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

function layerNorm(rig: Rig, cols: number): OpCase[] {
  const [xValues, weightValues, biasValues] = [rig.values(ROWS * cols), rig.values(cols), rig.values(cols)];
  const dyValues = rig.values(ROWS * cols);
  const [x, dy] = [rig.input(xValues, [ROWS, cols]), rig.input(dyValues, [ROWS, cols])];
  const [weight, bias] = [rig.input(weightValues, [cols]), rig.input(biasValues, [cols])];
  const [y, mean, rstd] = [rig.output([ROWS, cols]), rig.output([ROWS]), rig.output([ROWS])];
  const dx = rig.output([ROWS, cols]);
  const sizes = { rows: ROWS, cols, eps: EPS };
  return [
    {
      name: `LayerNorm forward, ${ROWS}×${cols}`,
      record: (pass) => layerNormForward(pass, { x, weight, bias, y, mean, rstd }, EPS),
      operations: 0,
      bytes: bytesOf(x, y),
      check: async () => {
        const expected = layerNormReference.layerNormForward(xValues, weightValues, biasValues, sizes);
        return relativeError(await rig.read(y), expected.y);
      },
    },
    {
      name: `LayerNorm backward, ${ROWS}×${cols}`,
      record: (pass) => layerNormBackward(pass, { x, weight, mean, rstd, dy, dx }),
      operations: 0,
      bytes: bytesOf(x, dy, dx, dx),
      check: () =>
        checkAdded(
          rig,
          dx,
          (pass) => layerNormBackward(pass, { x, weight, mean, rstd, dy, dx }),
          () => layerNormReference.layerNormBackward(xValues, weightValues, dyValues, sizes),
        ),
    },
  ];
}

function rmsNorm(rig: Rig, cols: number): OpCase[] {
  const [xValues, weightValues, dyValues] = [rig.values(ROWS * cols), rig.values(cols), rig.values(ROWS * cols)];
  const [x, dy] = [rig.input(xValues, [ROWS, cols]), rig.input(dyValues, [ROWS, cols])];
  const weight = rig.input(weightValues, [cols]);
  const [y, rstd, dx] = [rig.output([ROWS, cols]), rig.output([ROWS]), rig.output([ROWS, cols])];
  return [
    {
      name: `RMSNorm forward, ${ROWS}×${cols}`,
      record: (pass) => rmsNormForward(pass, { x, weight, y, rstd }, EPS),
      operations: 0,
      bytes: bytesOf(x, y),
      check: async () =>
        relativeError(await rig.read(y), rmsNormReference.rmsNormForward(xValues, weightValues, ROWS, cols, EPS).y),
    },
    {
      name: `RMSNorm backward, ${ROWS}×${cols}`,
      record: (pass) => rmsNormBackward(pass, { x, weight, rstd, dy, dx }),
      operations: 0,
      bytes: bytesOf(x, dy, dx, dx),
      check: () =>
        checkAdded(
          rig,
          dx,
          (pass) => rmsNormBackward(pass, { x, weight, rstd, dy, dx }),
          () => rmsNormReference.rmsNormBackward(xValues, weightValues, dyValues, ROWS, cols, EPS),
        ),
    },
  ];
}

/** Of an op that adds to dx: runs it once more on zeros. */
async function checkAdded(
  rig: Rig,
  dx: Tensor,
  record: (pass: Pass) => void,
  expected: () => ArrayLike<number>,
): Promise<number> {
  rig.gpu.write(dx, new Float32Array(elementCount(dx.shape)));
  await rig.once(record);
  return relativeError(await rig.read(dx), expected());
}

function activation(rig: Rig, cols: number): OpCase[] {
  const [xValues, dyValues] = [rig.values(ROWS * cols), rig.values(ROWS * cols)];
  const [x, dy] = [rig.input(xValues, [ROWS, cols]), rig.input(dyValues, [ROWS, cols])];
  const [y, dx] = [rig.output([ROWS, cols]), rig.output([ROWS, cols])];
  const { activation: act, activationSlope } = activationReference;
  return [
    {
      name: `GELU forward, ${ROWS}×${cols}`,
      record: (pass) => activationForward(pass, { x, y }, 'geluTanh'),
      operations: 0,
      bytes: bytesOf(x, y),
      check: async () =>
        relativeError(
          await rig.read(y),
          [...xValues].map((value) => act('geluTanh', value)),
        ),
    },
    {
      name: `GELU backward, ${ROWS}×${cols}`,
      record: (pass) => activationBackward(pass, { x, dy, dx }, 'geluTanh'),
      operations: 0,
      bytes: bytesOf(x, dy, dx),
      check: async () =>
        relativeError(
          await rig.read(dx),
          [...xValues].map((value, i) => dyValues[i]! * activationSlope('geluTanh', value)),
        ),
    },
  ];
}

function gated(rig: Rig, inner: number): OpCase[] {
  const [values, dyValues] = [rig.values(ROWS * 2 * inner), rig.values(ROWS * inner)];
  const [gateUp, dy] = [rig.input(values, [ROWS, 2 * inner]), rig.input(dyValues, [ROWS, inner])];
  const [y, dGateUp] = [rig.output([ROWS, inner]), rig.output([ROWS, 2 * inner])];
  return [
    {
      name: `gated SiLU forward, ${ROWS}×${inner}`,
      record: (pass) => gatedForward(pass, { gateUp, y }, 'silu'),
      operations: 0,
      bytes: bytesOf(gateUp, y),
      check: async () =>
        relativeError(await rig.read(y), activationReference.gatedForward('silu', values, ROWS, inner)),
    },
    {
      name: `gated SiLU backward, ${ROWS}×${inner}`,
      record: (pass) => gatedBackward(pass, { gateUp, dy, dGateUp }, 'silu'),
      operations: 0,
      bytes: bytesOf(gateUp, dy, dGateUp),
      check: async () =>
        relativeError(
          await rig.read(dGateUp),
          activationReference.gatedBackward('silu', values, dyValues, ROWS, inner),
        ),
    },
  ];
}

/** In place; a rotation keeps the length of what it turns, which is what can be checked after any number of runs. */
function rotary(rig: Rig, heads: number, kvHeads: number, headDim: number): OpCase {
  const cols = (heads + 2 * kvHeads) * headDim;
  const values = rig.values(ROWS * cols);
  const qkv = rig.input(values, [ROWS, cols]);
  const positions = rig.input(
    Uint32Array.from({ length: ROWS }, (_, m) => m),
    [ROWS],
  );
  const angles = new Float32Array(ROWS * headDim);
  for (let i = 0; i < angles.length; i++) {
    const angle = Math.floor(i / headDim) / 10000 ** ((2 * (i % (headDim / 2))) / headDim);
    angles[i] = i % headDim < headDim / 2 ? Math.cos(angle) : Math.sin(angle);
  }
  const cosSin = rig.input(angles, [ROWS, headDim]);
  const norms = (from: Float32Array) =>
    Array.from({ length: ROWS * (cols / headDim) }, (_, h) =>
      Math.hypot(...from.subarray(h * headDim, (h + 1) * headDim)),
    );
  return {
    name: `rotary, ${ROWS}×${heads}/${kvHeads} heads of ${headDim}`,
    record: (pass) => rotaryForward(pass, { qkv, positions, cosSin }, { heads, kvHeads, headDim }),
    operations: 0,
    bytes: (2 * 4 * ROWS * cols * (heads + kvHeads)) / (heads + 2 * kvHeads),
    check: async () => relativeError(norms(await rig.read(qkv)), norms(values)),
  };
}

function embedding(rig: Rig, cols: number, vocabulary: number): OpCase {
  const w = rig.values(vocabulary * cols);
  const weight = rig.weight(w, vocabulary, cols, 'f16');
  const seen = dequantized(w, 'f16');
  const tokens = Uint32Array.from({ length: ROWS }, (_, m) => (m * 7919) % vocabulary);
  const ids = rig.input(tokens, [ROWS]);
  const y = rig.output([ROWS, cols]);
  return {
    name: `embedding, ${ROWS} of ${vocabulary}×${cols} f16`,
    record: (pass) => embeddingForward(pass, { ids, weight, y }),
    operations: 0,
    bytes: bytesOf(y) * 1.5,
    check: async () =>
      relativeError(
        await rig.read(y),
        [...tokens].flatMap((token) => [...seen.subarray(token * cols, (token + 1) * cols)]),
      ),
  };
}

/** With a learning rate of zero and no decay, so that any number of runs leaves the parameters as they were. */
function adamw(rig: Rig, count: number): OpCase {
  const values = rig.values(count);
  const parameters = rig.input(values, [count]);
  const [gradients, first, second] = [rig.values(count), rig.values(count), rig.values(count).map(Math.abs)].map((v) =>
    rig.input(v, [count]),
  );
  const blocks = rig.input(Uint32Array.of(0, count), [1, 2]);
  const still = { lossScale: 1, learningRate: 0, biasCorrection1: 1, biasCorrection2Root: 1, weightDecay: 0, clip: 0 };
  const words = packStep({ microBatch: 0, dropoutSeed: 0, lossRows: 1, adapters: [still] });
  const step = rig.input(words, [words.length]);
  // The fifth word says that loss and gradient are finite.
  const results = rig.input(Uint32Array.of(0, 0, 0, 0x3f800000, 1, 0, 0, 0), [1, 8], 'f32');
  return {
    name: `AdamW, ${count} parameters`,
    record: (pass) => {
      const t = { parameters, gradients: gradients!, first: first!, second: second!, blocks, step, results };
      adamwStep(pass, t, { beta1: 0.9, beta2: 0.999, eps: 1e-8 }, count);
    },
    operations: 0,
    bytes: 7 * 4 * count,
    check: async () => relativeError(await rig.read(parameters), values),
  };
}
