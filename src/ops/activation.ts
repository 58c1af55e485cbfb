// Activation functions, element by element. The functions themselves are shared with the gated op, in
// shaders/shared/activation.wgsl.
import type { Pass } from '../gpu/plan.ts';
import { elementCount, expectShape, type Tensor } from '../gpu/tensor.ts';
import { elementsOf, shareByInvocation } from './workgroups.ts';

/** `gelu` is exact (by erf), `geluTanh` its approximation by tanh, `silu` is also called swish. */
export type Activation = 'gelu' | 'geluTanh' | 'relu' | 'silu';

/** x, y: [rows, cols]. Overwrites y with act(x). */
export function activationForward(pass: Pass, t: { x: Tensor; y: Tensor }, kind: Activation): void {
  expectShape('activationForward', 'y', t.y, t.x.shape);
  run(pass, 'activation/forward', [t.x, t.y], kind);
}

/** x, dy, dx: [rows, cols]. Overwrites dx with dy·act'(x). */
export function activationBackward(pass: Pass, t: { x: Tensor; dy: Tensor; dx: Tensor }, kind: Activation): void {
  expectShape('activationBackward', 'dy', t.dy, t.x.shape);
  expectShape('activationBackward', 'dx', t.dx, t.x.shape);
  run(pass, 'activation/backward', [t.x, t.dy, t.dx], kind);
}

function run(pass: Pass, path: string, buffers: readonly [Tensor, ...Tensor[]], kind: Activation): void {
  const scalars = elementCount(buffers[0].shape);
  const { conditions, width } = elementsOf(scalars);
  const count = scalars / width;
  const { constants, share, workgroups } = shareByInvocation(pass.traits, count);
  pass.run(
    { path, conditions: { ...conditions, [kind]: true }, constants },
    { params: { count, share }, buffers, workgroups },
  );
}
