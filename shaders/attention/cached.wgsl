// Attention of single tokens over a key-value cache, forward: few rows, long ranges of keys, so the keys are shared out.
// out = softmax(scale * q kT) v per head, over keys keyStart..keyEnd of each row
// q: [rows, qStride], heads side by side   k, v: [cacheRows, kStride], key-value heads side by side
// keyStart, keyEnd: [rows], inclusive, rows of k and v   out: [rows, heads * HEAD_DIM]
// One workgroup takes one head of one row. Each invocation streams over every WORKGROUP_SIZE-th key by four; then the
// partial sums are brought to one maximum and added, in a fixed order.
import package::shared::attentionMath::{HEAD_DIM, HEAD_VEC4, NEVER, WORKGROUP_SIZE, isInHead, maskedExp};

struct Params { heads: u32, groupSize: u32, qStride: u32, kStride: u32, headVec4: u32, scale: f32 }
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

/// What a sum relative to one maximum is multiplied by to be relative to a higher one.
fn decay(lower: f32, higher: f32) -> f32 { return maskedExp(vec4f(lower - higher), vec4<bool>(true)).x; }

var<workgroup> partialHighest: array<f32, WORKGROUP_SIZE>;
var<workgroup> partialWeight: array<f32, WORKGROUP_SIZE>;
var<workgroup> partialOut: array<array<vec4f, HEAD_VEC4>, WORKGROUP_SIZE>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) lane: u32) {
  let head = workgroup.x;
  let row = workgroup.y;
  let start = keyStart[row];
  let end = keyEnd[row];
  let qStart = row * params.qStride + head * HEAD_DIM;
  let column = head / params.groupSize * HEAD_DIM;

  var sums: array<vec4f, HEAD_VEC4>;
  var highest = NEVER;
  var weight = 0.0;
  for (var key = start + lane; key <= end; key += 4u * WORKGROUP_SIZE) {
    let keys = key + vec4u(0u, 1u, 2u, 3u) * WORKGROUP_SIZE;
    let starts = min(keys, vec4u(end)) * params.kStride + column;
    var scores = vec4f();
    for (var d = 0u; d < params.headVec4; d++) {
      scores += loadQ(qStart, d) * mat4x4f(loadK(starts.x, d), loadK(starts.y, d), loadK(starts.z, d), loadK(starts.w, d));
    }
    let isSeen = keys <= vec4u(end);
    let seen = select(vec4f(NEVER), scores * params.scale, isSeen);
    let maximum = max(highest, max(max(seen.x, seen.y), max(seen.z, seen.w)));
    let weights = maskedExp(seen - maximum, isSeen);
    let rescale = decay(highest, maximum);
    highest = maximum;
    weight = weight * rescale + dot(weights, vec4f(1.0));
    for (var d = 0u; d < params.headVec4; d++) {
      let block = mat4x4f(loadV(starts.x, d), loadV(starts.y, d), loadV(starts.z, d), loadV(starts.w, d));
      sums[d] = sums[d] * rescale + block * weights;
    }
  }
  partialHighest[lane] = highest;
  workgroupBarrier();

  var maximum = NEVER;
  for (var other = 0u; other < WORKGROUP_SIZE; other++) { maximum = max(maximum, partialHighest[other]); }
  let share = decay(highest, maximum);
  for (var d = 0u; d < HEAD_VEC4; d++) { partialOut[lane][d] = sums[d] * share; }
  partialWeight[lane] = weight * share;
  workgroupBarrier();

  var sum = 0.0;
  for (var other = 0u; other < WORKGROUP_SIZE; other++) { sum += partialWeight[other]; }
  for (var d = lane; d < HEAD_VEC4; d += WORKGROUP_SIZE) {
    var total = vec4f();
    for (var other = 0u; other < WORKGROUP_SIZE; other++) { total += partialOut[other][d]; }
    storeOut((row * params.heads + head) * HEAD_DIM, d, total / sum);
  }
}
