// Gated activation backward, of y = act(gate) * up: dGate = dy * up * act'(gate), dUp = dy * act(gate)
// gateUp, dGateUp: [rows, 2*inner], gate in the first half of a row and up in the second   dy: [rows, inner]
// One invocation per element of dy (count of them).
import package::shared::activation::{activate, activateSlope};

struct Params { count: u32, inner: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> gateUp: array<f32>;
@group(0) @binding(2) var<storage, read> dy: array<f32>;
@group(0) @binding(3) var<storage, read_write> dGateUp: array<f32>;

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(num_workgroups) workgroups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let i = (workgroup.y * workgroups.x + workgroup.x) * 256u + lane;
  if (i >= params.count) { return; }
  let gate = i / params.inner * params.inner + i;
  let up = gate + params.inner;
  dGateUp[gate] = dy[i] * gateUp[up] * activateSlope(gateUp[gate]);
  dGateUp[up] = dy[i] * activate(gateUp[gate]);
}
