// Clipping and the optimizers in plain loops, in f64, for one adapter, written from the algorithm boxes of PyTorch's
// documentation (torch.nn.utils.clip_grad_norm_, torch.optim.AdamW, torch.optim.SGD).

/** The global norm, and the gradients scaled so that it is at most `maxNorm`; 0 leaves them as they are. */
export function clipGradients(gradients: ArrayLike<number>, maxNorm: number): { norm: number; clipped: Float64Array } {
  const norm = Math.sqrt(Array.from(gradients).reduce((sum, g) => sum + g * g, 0));
  const factor = maxNorm > 0 ? Math.min(1, maxNorm / (norm + 1e-6)) : 1;
  return { norm, clipped: Float64Array.from(gradients, (g) => g * factor) };
}

export interface AdamwState {
  readonly parameters: Float64Array;
  readonly first: Float64Array;
  readonly second: Float64Array;
}

/** One step, in place; `t` counts steps from 1. */
export function adamwStep(
  { parameters, first, second }: AdamwState,
  gradients: Float64Array,
  t: number,
  o: { learningRate: number; beta1: number; beta2: number; eps: number; weightDecay: number },
): void {
  gradients.forEach((g, i) => {
    parameters[i]! -= o.learningRate * o.weightDecay * parameters[i]!;
    first[i] = o.beta1 * first[i]! + (1 - o.beta1) * g;
    second[i] = o.beta2 * second[i]! + (1 - o.beta2) * g * g;
    const mean = first[i]! / (1 - o.beta1 ** t);
    const variance = second[i]! / (1 - o.beta2 ** t);
    parameters[i]! -= (o.learningRate * mean) / (Math.sqrt(variance) + o.eps);
  });
}

export interface SgdState {
  readonly parameters: Float64Array;
  readonly velocity: Float64Array;
}

/** One step, in place; `t` counts steps from 1. */
export function sgdStep(
  { parameters, velocity }: SgdState,
  gradients: Float64Array,
  t: number,
  o: { learningRate: number; momentum: number; weightDecay: number },
): void {
  gradients.forEach((raw, i) => {
    const g = raw + o.weightDecay * parameters[i]!;
    velocity[i] = t > 1 ? o.momentum * velocity[i]! + g : g;
    parameters[i]! -= o.learningRate * velocity[i]!;
  });
}
