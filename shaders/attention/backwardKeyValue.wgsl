// Attention backward for keys and values, of out = p v with p = exp(scale * q kT - lse):
// dv = pT dout, dk = scale * dscoresT q, dscores = p * (dout vT - delta); sums over the heads that share the key
// qkv: [rows, (heads + 2 kvHeads) * HEAD_DIM]   dout: [rows, heads * HEAD_DIM]   lse, delta: [rows, heads]
// keyStart, queryEnd: [rows], inclusive; rows j..queryEnd[j] see key j when keyStart allows
// dqkv: as qkv, of which the k and v columns are overwritten
// One invocation takes two neighbouring rows of one key-value head and streams over its queries by four.
import package::shared::attentionMath::{HEAD_DIM, HEAD_VEC4, WORKGROUP_SIZE, invocationIndex, isInHead, maskedExp};

struct Params { rows: u32, heads: u32, kvHeads: u32, headVec4: u32, scale: f32 }
@group(0) @binding(0) var<uniform> params: Params;
@if(aligned) @group(0) @binding(1) var<storage, read> qkv: array<vec4f>;
@else @group(0) @binding(1) var<storage, read> qkv: array<f32>;
@if(aligned) @group(0) @binding(2) var<storage, read> dout: array<vec4f>;
@else @group(0) @binding(2) var<storage, read> dout: array<f32>;
@group(0) @binding(3) var<storage, read> lse: array<f32>;
@group(0) @binding(4) var<storage, read> delta: array<f32>;
@group(0) @binding(5) var<storage, read> keyStart: array<u32>;
@group(0) @binding(6) var<storage, read> queryEnd: array<u32>;
@if(aligned) @group(0) @binding(7) var<storage, read_write> dqkv: array<vec4f>;
@else @group(0) @binding(7) var<storage, read_write> dqkv: array<f32>;

@if(aligned) fn loadQkv(start: u32, d: u32) -> vec4f { return qkv[start / 4u + d]; }
@if(aligned) fn loadDout(start: u32, d: u32) -> vec4f { return dout[start / 4u + d]; }
@if(aligned) fn storeDkv(start: u32, d: u32, value: vec4f) { dqkv[start / 4u + d] = value; }
@if(!aligned) fn loadQkv(start: u32, d: u32) -> vec4f {
  let i = start + 4u * d;
  return select(vec4f(), vec4f(qkv[i], qkv[i + 1u], qkv[i + 2u], qkv[i + 3u]), isInHead(d));
}
@if(!aligned) fn loadDout(start: u32, d: u32) -> vec4f {
  let i = start + 4u * d;
  return select(vec4f(), vec4f(dout[i], dout[i + 1u], dout[i + 2u], dout[i + 3u]), isInHead(d));
}
@if(!aligned) fn storeDkv(start: u32, d: u32, value: vec4f) {
  for (var c = 0u; c < min(4u, HEAD_DIM - 4u * d); c++) { dqkv[start + 4u * d + c] = value[c]; }
}

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(num_workgroups) workgroups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let index = invocationIndex(workgroup, workgroups, lane);
  let pairs = (params.rows + 1u) / 2u;
  let kvHead = index / pairs;
  if (kvHead >= params.kvHeads) { return; }
  // The last row of an odd count is its own neighbour: both halves write the same value.
  let key0 = 2u * (index % pairs);
  let key1 = min(key0 + 1u, params.rows - 1u);
  let end = vec2u(queryEnd[key0], queryEnd[key1]);
  let last = max(end.x, end.y);
  let stride = (params.heads + 2u * params.kvHeads) * HEAD_DIM;
  let kColumn = (params.heads + kvHead) * HEAD_DIM;
  let vColumn = (params.heads + params.kvHeads + kvHead) * HEAD_DIM;
  let k0 = key0 * stride + kColumn;
  let k1 = key1 * stride + kColumn;
  let v0 = key0 * stride + vColumn;
  let v1 = key1 * stride + vColumn;

  var dk0: array<vec4f, HEAD_VEC4>;
  var dk1: array<vec4f, HEAD_VEC4>;
  var dv0: array<vec4f, HEAD_VEC4>;
  var dv1: array<vec4f, HEAD_VEC4>;
  let groupSize = params.heads / params.kvHeads;
  for (var head = kvHead * groupSize; head < (kvHead + 1u) * groupSize; head++) {
    for (var query = key0; query <= last; query += 4u) {
      let queries = query + vec4u(0u, 1u, 2u, 3u);
      let rows = min(queries, vec4u(last));
      let q = rows * stride + head * HEAD_DIM;
      let perHead = rows * params.heads + head;
      let o = perHead * HEAD_DIM;
      var scores0 = vec4f();
      var scores1 = vec4f();
      var dp0 = vec4f();
      var dp1 = vec4f();
      for (var d = 0u; d < params.headVec4; d++) {
        let qBlock = mat4x4f(loadQkv(q.x, d), loadQkv(q.y, d), loadQkv(q.z, d), loadQkv(q.w, d));
        scores0 += loadQkv(k0, d) * qBlock;
        scores1 += loadQkv(k1, d) * qBlock;
        let doutBlock = mat4x4f(loadDout(o.x, d), loadDout(o.y, d), loadDout(o.z, d), loadDout(o.w, d));
        dp0 += loadQkv(v0, d) * doutBlock;
        dp1 += loadQkv(v1, d) * doutBlock;
      }
      let lse4 = vec4f(lse[perHead.x], lse[perHead.y], lse[perHead.z], lse[perHead.w]);
      let delta4 = vec4f(delta[perHead.x], delta[perHead.y], delta[perHead.z], delta[perHead.w]);
      let start4 = vec4u(keyStart[rows.x], keyStart[rows.y], keyStart[rows.z], keyStart[rows.w]);
      let isSeen0 = (queries <= vec4u(end.x)) & (start4 <= vec4u(key0));
      let isSeen1 = (queries >= vec4u(key1)) & (queries <= vec4u(end.y)) & (start4 <= vec4u(key1));
      let p0 = maskedExp(scores0 * params.scale - lse4, isSeen0);
      let p1 = maskedExp(scores1 * params.scale - lse4, isSeen1);
      let dscores0 = p0 * (dp0 - delta4);
      let dscores1 = p1 * (dp1 - delta4);
      for (var d = 0u; d < params.headVec4; d++) {
        let qBlock = mat4x4f(loadQkv(q.x, d), loadQkv(q.y, d), loadQkv(q.z, d), loadQkv(q.w, d));
        dk0[d] += qBlock * dscores0;
        dk1[d] += qBlock * dscores1;
        let doutBlock = mat4x4f(loadDout(o.x, d), loadDout(o.y, d), loadDout(o.z, d), loadDout(o.w, d));
        dv0[d] += doutBlock * p0;
        dv1[d] += doutBlock * p1;
      }
    }
  }

  for (var d = 0u; d < params.headVec4; d++) {
    storeDkv(k0, d, dk0[d] * params.scale);
    storeDkv(k1, d, dk1[d] * params.scale);
    storeDkv(v0, d, dv0[d]);
    storeDkv(v1, d, dv1[d]);
  }
}
