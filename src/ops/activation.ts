// Activation functions, element by element. The functions themselves are shared with the gated op, in
// shaders/shared/activation.wgsl.
import type { Pass } from '../gpu/plan.ts';
import { elementCount, expectShape, type Tensor } from '../gpu/tensor.ts';
import { workgroupsFor } from './workgroups.ts';

/** `gelu` is exact (by erf), `geluTanh` its approximation by tanh, `silu` is also called swish. */
export type Activation = 'gelu' | 'geluTanh' | 'relu' | 'silu';

const WORKGROUP = 256;

/** x, y: [rows, cols]. Overwrites y with act(x). */
export function activationForward(pass: Pass, t: { x: Tensor; y: Tensor }, kind: Activation): void {
  expectShape('activationForward', 'y', t.y, t.x.shape);
  const count = elementCount(t.x.shape);
  pass.run(
    { path: 'activation/forward', conditions: { [kind]: true } },
    { params: { count }, buffers: [t.x, t.y], workgroups: workgroupsFor(count, WORKGROUP) },
  );
}

/** x, dy, dx: [rows, cols]. Overwrites dx with dy·act'(x). */
export function activationBackward(pass: Pass, t: { x: Tensor; dy: Tensor; dx: Tensor }, kind: Activation): void {
  expectShape('activationBackward', 'dy', t.dy, t.x.shape);
  expectShape('activationBackward', 'dx', t.dx, t.x.shape);
  const count = elementCount(t.x.shape);
  pass.run(
    { path: 'activation/backward', conditions: { [kind]: true } },
    { params: { count }, buffers: [t.x, t.dy, t.dx], workgroups: workgroupsFor(count, WORKGROUP) },
  );
}
