// Gradients of keys and values from the matrices of attention/backwardScores, by tiles: dv = pT dout, dk = dscoresT q,
// summed over the query heads that share the key.
// probabilities, dscores: [heads of this part, rows, length]   qkv, dqkv: [rows, (heads + 2 kvHeads) * headDim]
// dout: [rows, heads * headDim]   queryEnd: [rows], the last row that sees each key
// dqkv: the k and v columns of these heads are overwritten
// One workgroup: TILE_ROWS keys × 4·WORKGROUP columns of one key-value head. x: column tiles, y: key tiles, z: kv heads.
import package::shared::along::{Along, STEP, Terms, plusAlong};
import package::shared::attentionTiles::{TILE_ROWS, firstRowOf, tilesPerSequence};
import package::shared::lanes::{LANES, fourRows, oneRow, zeroRows};

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

/// What STEP rows, from element `at` of the first, give to one key.
fn probabilitiesAt(at: u32) -> Along {
  let l = params.length;
  @if(single) { return probabilities[at]; }
  @else { return vec4f(probabilities[at], probabilities[at + l], probabilities[at + 2u * l], probabilities[at + 3u * l]); }
}

fn dscoresAt(at: u32) -> Along {
  let l = params.length;
  @if(single) { return dscores[at]; }
  @else { return vec4f(dscores[at], dscores[at + l], dscores[at + 2u * l], dscores[at + 3u * l]); }
}

/// Of STEP rows, four columns each.
fn doutAt(at: u32, stride: u32) -> Terms {
  @if(single) { return dout[at]; }
  @else { return mat4x4f(dout[at], dout[at + stride], dout[at + 2u * stride], dout[at + 3u * stride]); }
}

fn qAt(at: u32, stride: u32) -> Terms {
  @if(single) { return qkv[at]; }
  @else { return mat4x4f(qkv[at], qkv[at + stride], qkv[at + 2u * stride], qkv[at + 3u * stride]); }
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
    for (var row = key; row <= lastRow; row += STEP) {
      let at = (part + row) * params.length;
      let a = probabilitiesAt(at + ka);
      var b = Along(); var c = Along(); var d = Along();
      @if(!lanes16) { b = probabilitiesAt(at + kb); }
      @if(lanes4) { c = probabilitiesAt(at + kc); d = probabilitiesAt(at + kd); }
      dv = plusAlong(dv, a, b, c, d, doutAt(row * outStride + headColumn, outStride));
    }
    for (var row = key; row <= lastRow; row += STEP) {
      let at = (part + row) * params.length;
      let a = dscoresAt(at + ka);
      var b = Along(); var c = Along(); var d = Along();
      @if(!lanes16) { b = dscoresAt(at + kb); }
      @if(lanes4) { c = dscoresAt(at + kc); d = dscoresAt(at + kd); }
      dk = plusAlong(dk, a, b, c, d, qAt(row * stride + headColumn, stride));
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
