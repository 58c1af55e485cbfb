// RMSNorm of each query and key head, forward: qkv = raw * rstd * weight, rstd = 1/sqrt(mean(raw^2) + eps) of the head;
// value heads are copied
// raw, qkv: [rows, (heads + 2 kvHeads) * headDim], q | k | v   qWeight, kWeight: [headDim]
// One invocation per head of a row.
import package::shared::elements::{Elements, WIDTH, sumOf};

struct Params { rows: u32, heads: u32, kvHeads: u32, headDim: u32, eps: f32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> raw: array<Elements>;
@group(0) @binding(2) var<storage, read> qWeight: array<Elements>;
@group(0) @binding(3) var<storage, read> kWeight: array<Elements>;
@group(0) @binding(4) var<storage, read_write> qkv: array<Elements>;

const WORKGROUP_SIZE = constants::WORKGROUP_SIZE;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(num_workgroups) workgroups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let index = (workgroup.y * workgroups.x + workgroup.x) * WORKGROUP_SIZE + lane;
  let headsPerRow = params.heads + 2u * params.kvHeads;
  if (index >= params.rows * headsPerRow) { return; }
  let head = index % headsPerRow;
  let start = index * params.headDim;
  if (head >= params.heads + params.kvHeads) {
    for (var d = 0u; d < params.headDim; d++) { qkv[start + d] = raw[start + d]; }
    return;
  }
  var squares = Elements();
  for (var d = 0u; d < params.headDim; d++) { squares += raw[start + d] * raw[start + d]; }
  let rstd = 1.0 / sqrt(sumOf(squares) / f32(WIDTH * params.headDim) + params.eps);
  for (var d = 0u; d < params.headDim; d++) {
    qkv[start + d] = raw[start + d] * rstd * select(kWeight[d], qWeight[d], head < params.heads);
  }
}
