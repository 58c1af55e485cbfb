// Causal attention with grouped query heads, forward, with a streaming softmax: no [rows, rows] matrix is stored.
// out = softmax(scale * q kT) v per head, lse = log(sum(exp(scale * q kT))), over keys keyStart..keyEnd of each row
// q, k, v: rows of their own stride, heads side by side from a column offset   keyStart, keyEnd: [rows], inclusive,
// rows of k and v   out: [rows, heads * HEAD_DIM]   lse: [rows, heads], kept for backward
// One invocation takes two neighbouring rows of one head and streams over the keys by four, so that a key or value
// loaded once serves both rows, and the running sums are rescaled once for four keys.
import package::shared::attentionMath::{HEAD_DIM, HEAD_VEC4, NEVER, WORKGROUP_SIZE, invocationIndex, isInHead, maskedExp};

struct Params {
  rows: u32, heads: u32, groupSize: u32,
  qStride: u32, qOffset: u32, kStride: u32, kOffset: u32, vStride: u32, vOffset: u32,
  headVec4: u32, scale: f32,
}
@group(0) @binding(0) var<uniform> params: Params;
@if(aligned) @group(0) @binding(1) var<storage, read> q: array<vec4f>;
@else @group(0) @binding(1) var<storage, read> q: array<f32>;
@if(aligned) @group(0) @binding(2) var<storage, read> k: array<vec4f>;
@else @group(0) @binding(2) var<storage, read> k: array<f32>;
@if(aligned) @group(0) @binding(3) var<storage, read> v: array<vec4f>;
@else @group(0) @binding(3) var<storage, read> v: array<f32>;
@group(0) @binding(4) var<storage, read> keyStart: array<u32>;
@group(0) @binding(5) var<storage, read> keyEnd: array<u32>;
@if(aligned) @group(0) @binding(6) var<storage, read_write> out: array<vec4f>;
@else @group(0) @binding(6) var<storage, read_write> out: array<f32>;
@group(0) @binding(7) var<storage, read_write> lse: array<f32>;

// Four elements of a head that starts at `start`. Elements past its end read as 0 and are not written.
@if(aligned) fn loadQ(start: u32, d: u32) -> vec4f { return q[start / 4u + d]; }
@if(aligned) fn loadK(start: u32, d: u32) -> vec4f { return k[start / 4u + d]; }
@if(aligned) fn loadV(start: u32, d: u32) -> vec4f { return v[start / 4u + d]; }
@if(aligned) fn storeOut(start: u32, d: u32, value: vec4f) { out[start / 4u + d] = value; }
@if(!aligned) fn loadQ(start: u32, d: u32) -> vec4f {
  let i = start + 4u * d;
  return select(vec4f(), vec4f(q[i], q[i + 1u], q[i + 2u], q[i + 3u]), isInHead(d));
}
@if(!aligned) fn loadK(start: u32, d: u32) -> vec4f {
  let i = start + 4u * d;
  return select(vec4f(), vec4f(k[i], k[i + 1u], k[i + 2u], k[i + 3u]), isInHead(d));
}
@if(!aligned) fn loadV(start: u32, d: u32) -> vec4f {
  let i = start + 4u * d;
  return select(vec4f(), vec4f(v[i], v[i + 1u], v[i + 2u], v[i + 3u]), isInHead(d));
}
@if(!aligned) fn storeOut(start: u32, d: u32, value: vec4f) {
  for (var c = 0u; c < min(4u, HEAD_DIM - 4u * d); c++) { out[start + 4u * d + c] = value[c]; }
}

/// The softmax of one row over the keys met so far.
struct Running { maximum: f32, sum: f32 }

/// Weights of four more keys, relative to a maximum that may move; `rescale` is what the move does to earlier sums.
struct Step { weights: vec4f, rescale: f32 }

fn advance(running: ptr<function, Running>, scores: vec4f, isSeen: vec4<bool>) -> Step {
  let seen = select(vec4f(NEVER), scores, isSeen);
  let maximum = max((*running).maximum, max(max(seen.x, seen.y), max(seen.z, seen.w)));
  let weights = maskedExp(seen - maximum, isSeen);
  let rescale = maskedExp(vec4f((*running).maximum - maximum), vec4<bool>(true)).x;
  *running = Running(maximum, (*running).sum * rescale + dot(weights, vec4f(1.0)));
  return Step(weights, rescale);
}

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(num_workgroups) workgroups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let index = invocationIndex(workgroup, workgroups, lane);
  let pairs = (params.rows + 1u) / 2u;
  let head = index / pairs;
  if (head >= params.heads) { return; }
  // The last row of an odd count is its own neighbour: both halves write the same value.
  let row0 = 2u * (index % pairs);
  let row1 = min(row0 + 1u, params.rows - 1u);
  let start = vec2u(keyStart[row0], keyStart[row1]);
  let end = vec2u(keyEnd[row0], keyEnd[row1]);
  let last = max(end.x, end.y);
  let q0 = row0 * params.qStride + params.qOffset + head * HEAD_DIM;
  let q1 = row1 * params.qStride + params.qOffset + head * HEAD_DIM;
  let kColumn = params.kOffset + head / params.groupSize * HEAD_DIM;
  let vColumn = params.vOffset + head / params.groupSize * HEAD_DIM;

  var out0: array<vec4f, HEAD_VEC4>;
  var out1: array<vec4f, HEAD_VEC4>;
  var running0 = Running(NEVER, 0.0);
  var running1 = Running(NEVER, 0.0);
  for (var key = min(start.x, start.y); key <= last; key += 4u) {
    let keys = key + vec4u(0u, 1u, 2u, 3u);
    let kv = min(keys, vec4u(last));
    let kStarts = kv * params.kStride + kColumn;
    var scores0 = vec4f();
    var scores1 = vec4f();
    for (var d = 0u; d < params.headVec4; d++) {
      let block = mat4x4f(loadK(kStarts.x, d), loadK(kStarts.y, d), loadK(kStarts.z, d), loadK(kStarts.w, d));
      scores0 += loadQ(q0, d) * block;
      scores1 += loadQ(q1, d) * block;
    }
    let step0 = advance(&running0, scores0 * params.scale, (keys >= vec4u(start.x)) & (keys <= vec4u(end.x)));
    let step1 = advance(&running1, scores1 * params.scale, (keys >= vec4u(start.y)) & (keys <= vec4u(end.y)));
    let vStarts = kv * params.vStride + vColumn;
    for (var d = 0u; d < params.headVec4; d++) {
      let block = mat4x4f(loadV(vStarts.x, d), loadV(vStarts.y, d), loadV(vStarts.z, d), loadV(vStarts.w, d));
      out0[d] = out0[d] * step0.rescale + block * step0.weights;
      out1[d] = out1[d] * step1.rescale + block * step1.weights;
    }
  }

  let sum0 = max(running0.sum, 1e-30);
  let sum1 = max(running1.sum, 1e-30);
  for (var d = 0u; d < params.headVec4; d++) {
    storeOut((row0 * params.heads + head) * HEAD_DIM, d, out0[d] / sum0);
    storeOut((row1 * params.heads + head) * HEAD_DIM, d, out1[d] / sum1);
  }
  lse[row0 * params.heads + head] = running0.maximum + log(sum0);
  lse[row1 * params.heads + head] = running1.maximum + log(sum1);
}
