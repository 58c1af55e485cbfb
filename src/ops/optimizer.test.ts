import { describe, expect, it } from 'vitest';
import type { Pass } from '../gpu/plan.ts';
import { newTensor, type Tensor } from '../gpu/tensor.ts';
import { CORE_TRAITS } from '../gpu/traits.ts';
import * as reference from '../reference/optimizer.ts';
import { adamwStep, clipGradients, type OptimizerTensors, sgdStep } from './optimizer.ts';
import { packStep, unpackResults } from './stepRecord.ts';
import { input, OP_TOLERANCE, random, relativeError, runOp, runOpFor, TARGETS } from './testGpu.ts';

/** Start, count and settings of each adapter: one element, more than one chunk of the norm, and a gap before the last. */
const BLOCKS = [
  { start: 0, count: 1, learningRate: 0.1, weightDecay: 0, clip: 0 },
  { start: 4, count: 4097, learningRate: 0.01, weightDecay: 0.1, clip: 5 },
  { start: 4200, count: 300, learningRate: 0.05, weightDecay: 0.01, clip: 1e6 },
];
const ELEMENTS = 4500;
const LARGEST = 4097;
const STEPS = 5;
const BETAS = { beta1: 0.9, beta2: 0.999, eps: 1e-8 };
const MOMENTUM = 0.9;

const partOf = (values: Float32Array, { start, count }: { start: number; count: number }) =>
  values.subarray(start, start + count);

async function prepare() {
  const parameters = random(ELEMENTS, 1);
  const tensors = {
    parameters: await input(parameters, [ELEMENTS]),
    blocks: await input(Uint32Array.from(BLOCKS.flatMap(({ start, count }) => [start, count])), [BLOCKS.length, 2]),
    results: await input(new Float32Array(8 * BLOCKS.length), [BLOCKS.length, 8]),
  };
  return { parameters, tensors };
}

/** The step record of step `t`, with the corrections of AdamW or the first-step mark of SGD. */
function stepRecord(kind: 'adamw' | 'sgd', t: number) {
  const adapters = BLOCKS.map(({ learningRate, weightDecay, clip }) => ({
    lossScale: 1,
    learningRate,
    biasCorrection1: kind === 'adamw' ? 1 - BETAS.beta1 ** t : t === 1 ? 1 : 0,
    biasCorrection2Root: kind === 'adamw' ? Math.sqrt(1 - BETAS.beta2 ** t) : 0,
    weightDecay,
    clip,
  }));
  return input(packStep({ microBatch: 0, dropoutSeed: 0, lossRows: 0, adapters }), [4 + 8 * adapters.length]);
}

/** Runs STEPS steps of random gradients; returns every state tensor after the last and each step's results. */
async function train(
  target: (typeof TARGETS)[number],
  kind: 'adamw' | 'sgd',
  update: (pass: Pass, t: OptimizerTensors) => void,
  tensors: Omit<OptimizerTensors, 'step' | 'gradients'>,
  state: Tensor[],
) {
  const results = [];
  let last: Float32Array[] = [];
  for (let t = 1; t <= STEPS; t++) {
    const gradients = await input(random(ELEMENTS, 100 + t), [ELEMENTS]);
    const whole = { ...tensors, gradients, step: await stepRecord(kind, t) };
    const [raw, ...values] = await runOpFor(
      target,
      (pass) => {
        clipGradients(pass, whole, LARGEST);
        update(pass, whole);
      },
      tensors.results,
      ...state,
    );
    results.push(unpackResults(raw!.buffer));
    last = values;
  }
  return { results, last };
}

/** Elements that belong to no adapter. */
const GAP = { start: 4101, count: 99 };

describe('optimizer', () => {
  it.each(TARGETS)('AdamW follows its reference for five steps of three adapters, for %s', async (target) => {
    const { parameters, tensors } = await prepare();
    const first = await input(new Float32Array(ELEMENTS), [ELEMENTS]);
    const second = await input(new Float32Array(ELEMENTS), [ELEMENTS]);
    const update = (pass: Pass, t: OptimizerTensors) => adamwStep(pass, { ...t, first, second }, BETAS, LARGEST);
    const { results, last } = await train(target, 'adamw', update, tensors, [tensors.parameters, first, second]);
    BLOCKS.forEach((block, adapter) => {
      const state = {
        parameters: Float64Array.from(partOf(parameters, block)),
        first: new Float64Array(block.count),
        second: new Float64Array(block.count),
      };
      for (let t = 1; t <= STEPS; t++) {
        const { norm, clipped } = reference.clipGradients(partOf(random(ELEMENTS, 100 + t), block), block.clip);
        reference.adamwStep(state, clipped, t, { ...BETAS, ...block });
        const result = results[t - 1]![adapter]!;
        expect(relativeError([result.gradientNorm], [norm])).toBeLessThan(OP_TOLERANCE);
        expect(result.isFinite).toBe(true);
      }
      expect(relativeError(partOf(last[0]!, block), state.parameters)).toBeLessThan(OP_TOLERANCE);
      expect(relativeError(partOf(last[1]!, block), state.first)).toBeLessThan(OP_TOLERANCE);
      expect(relativeError(partOf(last[2]!, block), state.second)).toBeLessThan(OP_TOLERANCE);
    });
    expect(partOf(last[0]!, GAP)).toEqual(partOf(parameters, GAP));
  });

  it.each(TARGETS)(
    'SGD for %s follows its reference, and does not read the velocity before the first step',
    async (target) => {
      const { parameters, tensors } = await prepare();
      const velocity = await input(new Float32Array(ELEMENTS).fill(Number.NaN), [ELEMENTS]);
      const update = (pass: Pass, t: OptimizerTensors) =>
        sgdStep(pass, { ...t, velocity }, { momentum: MOMENTUM }, LARGEST);
      const { last } = await train(target, 'sgd', update, tensors, [tensors.parameters, velocity]);
      BLOCKS.forEach((block) => {
        const state = {
          parameters: Float64Array.from(partOf(parameters, block)),
          velocity: new Float64Array(block.count),
        };
        for (let t = 1; t <= STEPS; t++) {
          const { clipped } = reference.clipGradients(partOf(random(ELEMENTS, 100 + t), block), block.clip);
          reference.sgdStep(state, clipped, t, { momentum: MOMENTUM, ...block });
        }
        expect(relativeError(partOf(last[0]!, block), state.parameters)).toBeLessThan(OP_TOLERANCE);
        expect(relativeError(partOf(last[1]!, block), state.velocity)).toBeLessThan(OP_TOLERANCE);
      });
      expect(partOf(last[0]!, GAP)).toEqual(partOf(parameters, GAP));
    },
  );

  it.each([
    ['a NaN gradient', Number.NaN, 0],
    ['an infinite gradient', Number.NEGATIVE_INFINITY, 0],
    ['a loss that is not finite', 0, Number.NaN],
  ])('after %s an adapter is left as it is for good, the others go on', async (_name, badGradient, loss) => {
    const { parameters, tensors } = await prepare();
    const t = {
      ...tensors,
      results: await input(
        Float32Array.from({ length: 24 }, (_, i) => (i === 8 ? loss : 0)),
        [3, 8],
      ),
      first: await input(new Float32Array(ELEMENTS), [ELEMENTS]),
      second: await input(new Float32Array(ELEMENTS), [ELEMENTS]),
      step: await stepRecord('adamw', 1),
    };
    const bad = random(ELEMENTS, 101);
    bad[4097] = badGradient;
    const once = async (values: Float32Array<ArrayBuffer>) => {
      const gradients = await input(values, [ELEMENTS]);
      return runOp(
        (pass) => {
          clipGradients(pass, { ...t, gradients }, LARGEST);
          adamwStep(pass, { ...t, gradients }, BETAS, LARGEST);
        },
        t.results,
        t.parameters,
        t.first,
        t.second,
      );
    };
    const [results, updated, first, second] = await once(bad);
    expect(unpackResults(results!.buffer).map((result) => result.isFinite)).toEqual([true, false, true]);
    const stopped = BLOCKS[1]!;
    expect(partOf(updated!, stopped)).toEqual(partOf(parameters, stopped));
    expect(partOf(first!, stopped)).toEqual(new Float32Array(stopped.count));
    expect(partOf(second!, stopped)).toEqual(new Float32Array(stopped.count));
    for (const block of [BLOCKS[0]!, BLOCKS[2]!])
      expect(partOf(updated!, block)).not.toEqual(partOf(parameters, block));
    const [, later] = await once(random(ELEMENTS, 102));
    expect(partOf(later!, stopped)).toEqual(partOf(parameters, stopped));
    expect(partOf(later!, BLOCKS[2]!)).not.toEqual(partOf(updated!, BLOCKS[2]!));
  });

  it('names the tensor whose shape is wrong', async () => {
    const { tensors } = await prepare();
    const t = { ...tensors, gradients: tensors.parameters, step: await stepRecord('adamw', 1) };
    const short = await input(new Float32Array(4499), [4499]);
    await expect(runOp((pass) => clipGradients(pass, { ...t, results: short }, LARGEST))).rejects.toThrow(
      'clipGradients: expected results [3,8], got [4499]',
    );
    const moments = { first: short, second: t.parameters };
    await expect(runOp((pass) => adamwStep(pass, { ...t, ...moments }, BETAS, LARGEST))).rejects.toThrow(
      'adamwStep: expected first [4500], got [4499]',
    );
    await expect(runOp((pass) => sgdStep(pass, { ...t, velocity: short }, { momentum: 0 }, LARGEST))).rejects.toThrow(
      'sgdStep: expected velocity [4500], got [4499]',
    );
  });
});

it('the reference clips as clip_grad_norm_ does', () => {
  // torch.nn.utils.clip_grad_norm_ of [3, 4] at 1: norm 5, factor 1 / (5 + 1e-6).
  const { norm, clipped } = reference.clipGradients([3, 4], 1);
  expect(norm).toBe(5);
  expect(clipped[0]).toBeCloseTo(0.59999988, 8);
  expect(reference.clipGradients([0.3, 0.4], 1).clipped[1]).toBe(0.4);
});

it('takes an adapter of any size in as many workgroups as a dispatch may have', () => {
  const largest = 700_000_000;
  const words = (...shape: number[]) => newTensor('words', shape);
  const grids: { x: number; share: number }[] = [];
  const pass: Pass = {
    traits: CORE_TRAITS,
    scratch: (label, shape) => newTensor(label, shape),
    run: ({ path }, { workgroups: [x = 1], params }) => {
      if (path === 'optimizer/partialNorm') grids.push({ x, share: params?.share ?? 0 });
    },
  };
  const t = { parameters: words(largest), gradients: words(largest), blocks: words(1, 2), step: words(12) };
  clipGradients(pass, { ...t, results: words(1, 8) }, largest);
  expect(grids[0]?.x).toBeLessThanOrEqual(65_535);
  expect(grids[0]!.x * grids[0]!.share * 4).toBeGreaterThanOrEqual(largest);
});
