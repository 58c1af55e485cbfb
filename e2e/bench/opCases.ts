// The ops of `ops.ts`: what each is run on, the arithmetic and bytes it needs, and the reference it is held against.
// Products are in productCases.
import type { Pass } from '../../src/gpu/plan.ts';
import { elementCount, type Tensor } from '../../src/gpu/tensor.ts';
import { activationBackward } from '../../src/ops/activation.ts';
import { attentionBackward, attentionForward, columnsOfQkv } from '../../src/ops/attention.ts';
import { embeddingForward } from '../../src/ops/embedding.ts';
import { gatedBackward, gatedForward } from '../../src/ops/gated.ts';
import { headNormForward } from '../../src/ops/headNorm.ts';
import { layerNormBackward, layerNormForward } from '../../src/ops/layerNorm.ts';
import { adamwStep, clipGradients } from '../../src/ops/optimizer.ts';
import { rmsNormBackward, rmsNormForward } from '../../src/ops/rmsNorm.ts';
import { rotaryForward } from '../../src/ops/rotary.ts';
import { gatherRows } from '../../src/ops/rows.ts';
import { packStep } from '../../src/ops/stepRecord.ts';
import * as activationReference from '../../src/reference/activation.ts';
import * as attentionReference from '../../src/reference/attention.ts';
import * as headNormReference from '../../src/reference/headNorm.ts';
import * as layerNormReference from '../../src/reference/layerNorm.ts';
import * as rmsNormReference from '../../src/reference/rmsNorm.ts';
import { dequantized } from './dequantized.ts';
import { bytesOf, type OpCase, ROWS } from './opCase.ts';
import { crossEntropyCase, linearCases, loraCases } from './productCases.ts';
import type { Rig, WeightFormat } from './rig.ts';
import { relativeError } from './statistics.ts';

const EPS = 1e-5;

/** SmolLM2-135M. */
const SMOL = { hidden: 576, mlp: 1536, heads: 9, kvHeads: 3, vocabulary: 49152 };

export function opCases(rig: Rig, isQuick: boolean): OpCase[] {
  const formats: WeightFormat[] = isQuick ? ['f32'] : ['f32', 'f16', 'q8', 'q4', 'nf4'];
  return [
    ...linearCases(rig, 'step qkv', 256, 768, 'f32'),
    ...linearCases(rig, 'step down', 1024, 256, 'f32'),
    ...formats.flatMap((format) => linearCases(rig, 'SmolLM2 gate and up', SMOL.hidden, 2 * SMOL.mlp, format)),
    ...loraCases(rig, 8, SMOL.hidden, SMOL.hidden),
    ...attention(rig, 'step', { heads: 4, kvHeads: 4, headDim: 64 }, 128),
    ...(isQuick ? [] : attention(rig, 'SmolLM2', { heads: SMOL.heads, kvHeads: SMOL.kvHeads, headDim: 64 }, 256)),
    crossEntropyCase(rig, 'step', 256, 256, 4096),
    ...(isQuick ? [] : [crossEntropyCase(rig, 'SmolLM2', 64, SMOL.hidden, SMOL.vocabulary)]),
    ...layerNorm(rig, 256),
    ...rmsNorm(rig, SMOL.hidden),
    ...activation(rig, 1024),
    ...gated(rig, SMOL.mlp),
    headNorm(rig, 16, 8, 128),
    rotary(rig, SMOL.heads, SMOL.kvHeads, 64),
    embedding(rig, SMOL.hidden, 8192),
    gather(rig, SMOL.hidden),
    clip(rig, 1 << 20),
    adamw(rig, 1 << 20),
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
  const all = { ...sizes, length, scale: 1 / Math.sqrt(headDim) };
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
  const dx = rig.output([ROWS, cols]);
  const { activationSlope } = activationReference;
  return [
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
  const words = packStep({ microBatch: 0, dropoutSeed: 0, lossRows: 1, adapters: [STILL] });
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

/** Qwen3's norm of query and key heads. */
function headNorm(rig: Rig, heads: number, kvHeads: number, headDim: number): OpCase {
  const sizes = { heads, kvHeads, headDim };
  const cols = (heads + 2 * kvHeads) * headDim;
  const [rawValues, q, k] = [rig.values(ROWS * cols), rig.values(headDim), rig.values(headDim)];
  const raw = rig.input(rawValues, [ROWS, cols]);
  const [qWeight, kWeight] = [rig.input(q, [headDim]), rig.input(k, [headDim])];
  const qkv = rig.output([ROWS, cols]);
  return {
    name: `norm of heads, ${ROWS}×${heads}/${kvHeads} heads of ${headDim}`,
    record: (pass) => headNormForward(pass, { raw, qWeight, kWeight, qkv }, sizes, EPS),
    operations: 0,
    bytes: bytesOf(raw, qkv),
    check: async () =>
      relativeError(
        await rig.read(qkv),
        headNormReference.headNormForward(rawValues, q, k, { ...sizes, rows: ROWS }, EPS),
      ),
  };
}

/** Every second row. */
function gather(rig: Rig, cols: number): OpCase {
  const values = rig.values(ROWS * cols);
  const x = rig.input(values, [ROWS, cols]);
  const rows = ROWS / 2;
  const index = rig.input(
    Uint32Array.from({ length: rows }, (_, i) => 2 * i),
    [rows],
  );
  const y = rig.output([rows, cols]);
  return {
    name: `gather, ${rows} of ${ROWS}×${cols}`,
    record: (pass) => gatherRows(pass, { x, index, y }),
    operations: 0,
    bytes: 2 * bytesOf(y),
    check: async () =>
      relativeError(
        await rig.read(y),
        values.filter((_, i) => Math.floor(i / cols) % 2 === 0),
      ),
  };
}

function clip(rig: Rig, count: number): OpCase {
  const values = rig.values(count);
  const gradients = rig.input(values, [count]);
  const blocks = rig.input(Uint32Array.of(0, count), [1, 2]);
  const words = packStep({ microBatch: 0, dropoutSeed: 0, lossRows: 1, adapters: [STILL] });
  const step = rig.input(words, [words.length]);
  const results = rig.input(new Float32Array(8), [1, 8]);
  return {
    name: `gradient norm, ${count} parameters`,
    record: (pass) => clipGradients(pass, { parameters: gradients, gradients, blocks, step, results }, count),
    operations: 0,
    bytes: bytesOf(gradients),
    check: async () =>
      relativeError((await rig.read(results)).slice(2, 3), [Math.sqrt(values.reduce((sum, g) => sum + g * g, 0))]),
  };
}

/** Leaves the parameters as they are. */
const STILL = { lossScale: 1, learningRate: 0, biasCorrection1: 1, biasCorrection2Root: 1, weightDecay: 0, clip: 0 };
