// Attention backward for the queries, of out = p v with p = exp(scale * q kT - lse):
// delta = sum(dout * out), dscores = p * (dout vT - delta), dq = scale * dscores k
// qkv: [rows, (heads + 2 kvHeads) * HEAD_DIM]   out, dout: [rows, heads * HEAD_DIM]   lse, delta: [rows, heads]
// keyStart, keyEnd: [rows], inclusive   dqkv: as qkv, of which the q columns are overwritten
// One invocation takes two neighbouring rows of one head and streams over the keys by four, as in forward.
import package::shared::attentionMath::{HEAD_DIM, HEAD_VEC4, WORKGROUP_SIZE, invocationIndex, isInHead, maskedExp};

struct Params { rows: u32, heads: u32, kvHeads: u32, headVec4: u32, scale: f32 }
@group(0) @binding(0) var<uniform> params: Params;
@if(aligned) @group(0) @binding(1) var<storage, read> qkv: array<vec4f>;
@else @group(0) @binding(1) var<storage, read> qkv: array<f32>;
@if(aligned) @group(0) @binding(2) var<storage, read> out: array<vec4f>;
@else @group(0) @binding(2) var<storage, read> out: array<f32>;
@if(aligned) @group(0) @binding(3) var<storage, read> dout: array<vec4f>;
@else @group(0) @binding(3) var<storage, read> dout: array<f32>;
@group(0) @binding(4) var<storage, read> lse: array<f32>;
@group(0) @binding(5) var<storage, read> keyStart: array<u32>;
@group(0) @binding(6) var<storage, read> keyEnd: array<u32>;
@group(0) @binding(7) var<storage, read_write> delta: array<f32>;
@if(aligned) @group(0) @binding(8) var<storage, read_write> dqkv: array<vec4f>;
@else @group(0) @binding(8) var<storage, read_write> dqkv: array<f32>;

@if(aligned) fn loadQkv(start: u32, d: u32) -> vec4f { return qkv[start / 4u + d]; }
@if(aligned) fn loadOut(start: u32, d: u32) -> vec4f { return out[start / 4u + d]; }
@if(aligned) fn loadDout(start: u32, d: u32) -> vec4f { return dout[start / 4u + d]; }
@if(aligned) fn storeDq(start: u32, d: u32, value: vec4f) { dqkv[start / 4u + d] = value; }
@if(!aligned) fn loadQkv(start: u32, d: u32) -> vec4f {
  let i = start + 4u * d;
  return select(vec4f(), vec4f(qkv[i], qkv[i + 1u], qkv[i + 2u], qkv[i + 3u]), isInHead(d));
}
@if(!aligned) fn loadOut(start: u32, d: u32) -> vec4f {
  let i = start + 4u * d;
  return select(vec4f(), vec4f(out[i], out[i + 1u], out[i + 2u], out[i + 3u]), isInHead(d));
}
@if(!aligned) fn loadDout(start: u32, d: u32) -> vec4f {
  let i = start + 4u * d;
  return select(vec4f(), vec4f(dout[i], dout[i + 1u], dout[i + 2u], dout[i + 3u]), isInHead(d));
}
@if(!aligned) fn storeDq(start: u32, d: u32, value: vec4f) {
  for (var c = 0u; c < min(4u, HEAD_DIM - 4u * d); c++) { dqkv[start + 4u * d + c] = value[c]; }
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
  let stride = (params.heads + 2u * params.kvHeads) * HEAD_DIM;
  let q0 = row0 * stride + head * HEAD_DIM;
  let q1 = row1 * stride + head * HEAD_DIM;
  let out0 = (row0 * params.heads + head) * HEAD_DIM;
  let out1 = (row1 * params.heads + head) * HEAD_DIM;
  let kvHead = head / (params.heads / params.kvHeads);
  let kColumn = (params.heads + kvHead) * HEAD_DIM;
  let vColumn = (params.heads + params.kvHeads + kvHead) * HEAD_DIM;
  let lse0 = lse[row0 * params.heads + head];
  let lse1 = lse[row1 * params.heads + head];

  var delta0 = 0.0;
  var delta1 = 0.0;
  for (var d = 0u; d < params.headVec4; d++) {
    delta0 += dot(loadDout(out0, d), loadOut(out0, d));
    delta1 += dot(loadDout(out1, d), loadOut(out1, d));
  }
  var dq0: array<vec4f, HEAD_VEC4>;
  var dq1: array<vec4f, HEAD_VEC4>;
  for (var key = min(start.x, start.y); key <= last; key += 4u) {
    let keys = key + vec4u(0u, 1u, 2u, 3u);
    let rows = min(keys, vec4u(last)) * stride;
    let k = rows + kColumn;
    let v = rows + vColumn;
    var scores0 = vec4f();
    var scores1 = vec4f();
    var dp0 = vec4f();
    var dp1 = vec4f();
    for (var d = 0u; d < params.headVec4; d++) {
      let kBlock = mat4x4f(loadQkv(k.x, d), loadQkv(k.y, d), loadQkv(k.z, d), loadQkv(k.w, d));
      scores0 += loadQkv(q0, d) * kBlock;
      scores1 += loadQkv(q1, d) * kBlock;
      let vBlock = mat4x4f(loadQkv(v.x, d), loadQkv(v.y, d), loadQkv(v.z, d), loadQkv(v.w, d));
      dp0 += loadDout(out0, d) * vBlock;
      dp1 += loadDout(out1, d) * vBlock;
    }
    let p0 = maskedExp(scores0 * params.scale - lse0, (keys >= vec4u(start.x)) & (keys <= vec4u(end.x)));
    let p1 = maskedExp(scores1 * params.scale - lse1, (keys >= vec4u(start.y)) & (keys <= vec4u(end.y)));
    let dscores0 = p0 * (dp0 - delta0);
    let dscores1 = p1 * (dp1 - delta1);
    for (var d = 0u; d < params.headVec4; d++) {
      let kBlock = mat4x4f(loadQkv(k.x, d), loadQkv(k.y, d), loadQkv(k.z, d), loadQkv(k.w, d));
      dq0[d] += kBlock * dscores0;
      dq1[d] += kBlock * dscores1;
    }
  }

  for (var d = 0u; d < params.headVec4; d++) {
    storeDq(q0, d, dq0[d] * params.scale);
    storeDq(q1, d, dq1[d] * params.scale);
  }
  delta[row0 * params.heads + head] = delta0;
  delta[row1 * params.heads + head] = delta1;
}
