// Activation functions, element by element. Forward they leave with the product that they follow (linearForward), backward
// is here. The functions themselves are in shaders/shared/activation.wgsl, shared with the gated op.
import type { Pass } from '../gpu/plan.ts';
import { elementCount, expectShape, type Tensor } from '../gpu/tensor.ts';
import { elementsOf, shareByInvocation } from './workgroups.ts';

/** `gelu` is exact (by erf), `geluTanh` its approximation by tanh, `silu` is also called swish. */
export type Activation = 'gelu' | 'geluTanh' | 'relu' | 'silu';

/** x, dy, dx: [rows, cols]. Overwrites dx with dy·act'(x). */
export function activationBackward(pass: Pass, t: { x: Tensor; dy: Tensor; dx: Tensor }, kind: Activation): void {
  expectShape('activationBackward', 'dy', t.dy, t.x.shape);
  expectShape('activationBackward', 'dx', t.dx, t.x.shape);
  const scalars = elementCount(t.x.shape);
  const { conditions, width } = elementsOf(pass.traits, scalars);
  const count = scalars / width;
  const { constants, share, workgroups } = shareByInvocation(pass.traits, count);
  pass.run(
    { path: 'activation/backward', conditions: { ...conditions, [kind]: true }, constants },
    { params: { count, share }, buffers: [t.x, t.dy, t.dx], workgroups },
  );
}
