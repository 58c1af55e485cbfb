import { describe, expect, it } from 'vitest';
import { stepOperations } from './stepArithmetic.ts';
import { STEP_SIZES, type StepSizes } from './stepProblem.ts';

const TINY: StepSizes = {
  layers: 1,
  hidden: 1,
  heads: 1,
  mlp: 1,
  length: 3,
  batch: 1,
  vocabulary: 1,
  rank: 1,
  lossTokens: 1,
};

describe('stepOperations', () => {
  it('counts the smallest step by hand', () => {
    // The one loss row is the second of three: it attends to two keys. Multiply-adds:
    // forward: q 1, k 3, v 3, scores 2, values 2, o 1, up 1, down 1, LoRA 2·(1+3+3+1), head 1.
    const forward = 1 + 3 + 3 + 4 + 3 + 16 + 1;
    // backward: head 1, down 1, up 1, o 1, attention 8, LoRA 4·8 but for V·A of q, k and v (1+3+3); no dX of q, k, v.
    const backward = 1 + 3 + 8 + 32 - 7;
    expect(stepOperations(TINY)).toBe(2 * (forward + backward));
  });

  it('counts whole blocks below the last', () => {
    const one = stepOperations(STEP_SIZES);
    const more = stepOperations({ ...STEP_SIZES, layers: STEP_SIZES.layers + 1 });
    const tokens = 512;
    const frozen = 2 * 2 * tokens * (4 * 256 * 256 + 2 * 256 * 1024);
    const attention = 3 * 4 * 256 * 4 * ((128 * 129) / 2);
    const lora = 3 * 4 * 2 * 2 * tokens * 256 * 8;
    expect(more - one).toBe(frozen + attention + lora);
  });
});
