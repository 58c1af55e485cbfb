// Gated activation (Shazeer 2020, arXiv 2002.05202): y = act(gate)·up, gate and up side by side in one tensor, as the
// fused product of both leaves them.
import type { Pass } from '../gpu/plan.ts';
import { expectShape, type Tensor } from '../gpu/tensor.ts';
import type { Activation } from './activation.ts';
import { elementsOf, shareByRow } from './workgroups.ts';

/** gateUp: [rows, 2·inner], gate | up; y: [rows, inner]. Overwrites y. */
export function gatedForward(pass: Pass, t: { gateUp: Tensor; y: Tensor }, kind: Activation): void {
  const [rows = 0, inner = 0] = t.y.shape;
  expectShape('gatedForward', 'gateUp', t.gateUp, [rows, 2 * inner]);
  run(pass, 'gated/forward', [t.gateUp, t.y], { rows, inner }, kind);
}

/** gateUp, dGateUp: [rows, 2·inner], gate | up; dy: [rows, inner]. Overwrites dGateUp. */
export function gatedBackward(pass: Pass, t: { gateUp: Tensor; dy: Tensor; dGateUp: Tensor }, kind: Activation): void {
  const [rows = 0, inner = 0] = t.dy.shape;
  expectShape('gatedBackward', 'gateUp', t.gateUp, [rows, 2 * inner]);
  expectShape('gatedBackward', 'dGateUp', t.dGateUp, [rows, 2 * inner]);
  run(pass, 'gated/backward', [t.gateUp, t.dy, t.dGateUp], { rows, inner }, kind);
}

function run(
  pass: Pass,
  path: string,
  buffers: readonly Tensor[],
  { rows, inner }: { rows: number; inner: number },
  kind: Activation,
): void {
  const { conditions, width } = elementsOf(pass.traits, inner);
  const { constants, share, workgroups } = shareByRow(pass.traits, rows);
  pass.run(
    { path, conditions: { ...conditions, [kind]: true }, constants },
    { params: { rows, inner: inner / width, share }, buffers, workgroups },
  );
}
