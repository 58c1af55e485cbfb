// RMSNorm of each query and key head, backward, of qkv = raw * rstd * weight; the weights are frozen:
// draw = rstd * (dqkv*weight - raw * rstd^2 * mean(dqkv*weight*raw)), in place of dqkv; value columns stay as they are
// raw, dqkv: [rows, (heads + 2 kvHeads) * headDim], q | k | v   qWeight, kWeight: [headDim]
// One invocation per query or key head of a row. rstd is computed again: it costs one pass over the head.
import package::shared::elements::{Elements, WIDTH, sumOf};

struct Params { rows: u32, heads: u32, kvHeads: u32, headDim: u32, eps: f32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> raw: array<Elements>;
@group(0) @binding(2) var<storage, read> qWeight: array<Elements>;
@group(0) @binding(3) var<storage, read> kWeight: array<Elements>;
@group(0) @binding(4) var<storage, read_write> dqkv: array<Elements>;

const WORKGROUP_SIZE = constants::WORKGROUP_SIZE;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(num_workgroups) workgroups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let index = (workgroup.y * workgroups.x + workgroup.x) * WORKGROUP_SIZE + lane;
  let normedHeads = params.heads + params.kvHeads;
  let row = index / normedHeads;
  if (row >= params.rows) { return; }
  let head = index % normedHeads;
  let start = (row * (normedHeads + params.kvHeads) + head) * params.headDim;
  let isQuery = head < params.heads;
  let count = f32(WIDTH * params.headDim);
  var squares = Elements();
  var products = Elements();
  for (var d = 0u; d < params.headDim; d++) {
    let x = raw[start + d];
    squares += x * x;
    products += dqkv[start + d] * select(kWeight[d], qWeight[d], isQuery) * x;
  }
  let rstd = 1.0 / sqrt(sumOf(squares) / count + params.eps);
  let slope = rstd * rstd * sumOf(products) / count;
  for (var d = 0u; d < params.headDim; d++) {
    let dNormed = dqkv[start + d] * select(kWeight[d], qWeight[d], isQuery);
    dqkv[start + d] = rstd * (dNormed - raw[start + d] * slope);
  }
}
