// Gated activation (Shazeer 2020, arXiv 2002.05202): y = act(gate)·up, gate and up side by side in one tensor, as the
// fused product of both leaves them.
import type { Pass } from '../gpu/plan.ts';
import { elementCount, expectShape, type Tensor } from '../gpu/tensor.ts';
import type { Activation } from './activation.ts';
import { workgroupsFor } from './workgroups.ts';

const WORKGROUP = 256;

/** gateUp: [rows, 2·inner], gate | up; y: [rows, inner]. Overwrites y. */
export function gatedForward(pass: Pass, t: { gateUp: Tensor; y: Tensor }, kind: Activation): void {
  const [rows = 0, inner = 0] = t.y.shape;
  expectShape('gatedForward', 'gateUp', t.gateUp, [rows, 2 * inner]);
  const count = elementCount(t.y.shape);
  pass.run(
    { path: 'gated/forward', conditions: { [kind]: true } },
    { params: { count, inner }, buffers: [t.gateUp, t.y], workgroups: workgroupsFor(count, WORKGROUP) },
  );
}

/** gateUp, dGateUp: [rows, 2·inner], gate | up; dy: [rows, inner]. Overwrites dGateUp. */
export function gatedBackward(pass: Pass, t: { gateUp: Tensor; dy: Tensor; dGateUp: Tensor }, kind: Activation): void {
  const [rows = 0, inner = 0] = t.dy.shape;
  expectShape('gatedBackward', 'gateUp', t.gateUp, [rows, 2 * inner]);
  expectShape('gatedBackward', 'dGateUp', t.dGateUp, [rows, 2 * inner]);
  const count = elementCount(t.dy.shape);
  pass.run(
    { path: 'gated/backward', conditions: { [kind]: true } },
    { params: { count, inner }, buffers: [t.gateUp, t.dy, t.dGateUp], workgroups: workgroupsFor(count, WORKGROUP) },
  );
}
