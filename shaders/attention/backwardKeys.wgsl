// Gradients of keys and values from the matrices of attention/backwardScores, by tiles: dv = pT dout, dk = dscoresT q,
// summed over the query heads that share the key.
// probabilities, dscores: [heads of this part, rows, length]   qkv, dqkv: [rows, (heads + 2 kvHeads) * headDim]
// dout: [rows, heads * headDim]   queryEnd: [rows], the last row that sees each key
// dqkv: the k and v columns of these heads are overwritten
// One workgroup: TILE_ROWS keys × 4·WORKGROUP columns of one key-value head. x: column tiles, y: key tiles, z: kv heads.
import package::shared::attentionTiles::{TILE_ROWS, firstRowOf, tilesPerSequence};
import package::shared::lanes::{LANES, broadcastRows, fourRows, oneRow, plusProducts, zeroRows};

enable subgroups;

struct Params { rows: u32, length: u32, kvHeadStart: u32, heads: u32, kvHeads: u32, headVec4: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> probabilities: array<f32>;
@group(0) @binding(2) var<storage, read> dscores: array<f32>;
@group(0) @binding(3) var<storage, read> qkv: array<vec4f>;
@group(0) @binding(4) var<storage, read> dout: array<vec4f>;
@group(0) @binding(5) var<storage, read> queryEnd: array<u32>;
@group(0) @binding(6) var<storage, read_write> dqkv: array<vec4f>;

const WORKGROUP = constants::WORKGROUP;

/// What four rows, from element `at` of the first, give to one key.
fn p4(at: u32) -> vec4f {
  let l = params.length;
  return vec4f(probabilities[at], probabilities[at + l], probabilities[at + 2u * l], probabilities[at + 3u * l]);
}

fn ds4(at: u32) -> vec4f {
  let l = params.length;
  return vec4f(dscores[at], dscores[at + l], dscores[at + 2u * l], dscores[at + 3u * l]);
}

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(local_invocation_index) invocation: u32,
  @builtin(subgroup_invocation_id) subgroupLane: u32,
) {
  let sequence = workgroup.y / tilesPerSequence(params.length) * params.length;
  let key = firstRowOf(workgroup.y, params.length);
  let lastKey = min(key + TILE_ROWS, sequence + params.length) - 1u;
  let groupSize = params.heads / params.kvHeads;
  let kvHead = params.kvHeadStart + workgroup.z;
  let lane = subgroupLane % LANES;
  let ka = min(key + lane, lastKey) - sequence;
  let kb = min(key + lane + LANES, lastKey) - sequence;
  let kc = min(key + lane + 2u * LANES, lastKey) - sequence;
  let kd = min(key + lane + 3u * LANES, lastKey) - sequence;
  let column = workgroup.x * WORKGROUP + invocation;
  let stride = (params.heads + 2u * params.kvHeads) * params.headVec4;
  let outStride = params.heads * params.headVec4;
  let lastRow = queryEnd[lastKey];
  var dk = zeroRows();
  var dv = zeroRows();
  for (var inGroup = 0u; inGroup < groupSize; inGroup++) {
    let part = (workgroup.z * groupSize + inGroup) * params.rows;
    let headColumn = (kvHead * groupSize + inGroup) * params.headVec4 + min(column, params.headVec4 - 1u);
    // One sum after the other: twice as many in one loop would not fit into registers.
    for (var row = key; row <= lastRow; row += 4u) {
      let at = (part + row) * params.length;
      let o = row * outStride + headColumn;
      let columns = mat4x4f(dout[o], dout[o + outStride], dout[o + 2u * outStride], dout[o + 3u * outStride]);
      let a = p4(at + ka);
      var b = vec4f(); var c = vec4f(); var d = vec4f();
      @if(!lanes16) { b = p4(at + kb); }
      @if(lanes4) { c = p4(at + kc); d = p4(at + kd); }
      dv = plusProducts(dv, broadcastRows(a, b, c, d), columns);
    }
    for (var row = key; row <= lastRow; row += 4u) {
      let at = (part + row) * params.length;
      let q = row * stride + headColumn;
      let columns = mat4x4f(qkv[q], qkv[q + stride], qkv[q + 2u * stride], qkv[q + 3u * stride]);
      let a = ds4(at + ka);
      var b = vec4f(); var c = vec4f(); var d = vec4f();
      @if(!lanes16) { b = ds4(at + kb); }
      @if(lanes4) { c = ds4(at + kc); d = ds4(at + kd); }
      dk = plusProducts(dk, broadcastRows(a, b, c, d), columns);
    }
  }
  if (column >= params.headVec4) { return; }
  let to = (params.heads + kvHead) * params.headVec4 + column;
  for (var base = key; base <= lastKey; base += 4u) {
    let dks = fourRows(dk, (base - key) / 4u);
    let dvs = fourRows(dv, (base - key) / 4u);
    for (var r = base; r <= min(base + 3u, lastKey); r++) {
      let at = r * stride + to;
      dqkv[at] = oneRow(dks, r - base);
      dqkv[at + params.kvHeads * params.headVec4] = oneRow(dvs, r - base);
    }
  }
}
