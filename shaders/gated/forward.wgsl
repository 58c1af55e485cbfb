// Gated activation forward (Shazeer 2020, arXiv 2002.05202): y = act(gate) * up
// gateUp: [rows, 2*inner], gate in the first half of a row and up in the second   y: [rows, inner], count elements
// One invocation per element of y.
import package::shared::activation::activate;

struct Params { count: u32, inner: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> gateUp: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(num_workgroups) workgroups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let i = (workgroup.y * workgroups.x + workgroup.x) * 256u + lane;
  if (i >= params.count) { return; }
  let gate = i / params.inner * params.inner + i;
  y[i] = activate(gateUp[gate]) * gateUp[gate + params.inner];
}
