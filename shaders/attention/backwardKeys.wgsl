// Gradients of keys and values from the matrices of attention/backwardScores, by tiles: dv = pT dout, dk = dscoresT q,
// summed over the query heads that share the key.
// matrices: probabilities [heads of this part, rows, length], then dscores likewise   queryEnd: [rows], the last row that
// sees each key   qkv, dqkv: [rows, (heads + 2 kvHeads) * headDim]   dout: [rows, heads * headDim]
// dqkv: the k and v columns of these heads are overwritten
// One workgroup: TILE_ROWS keys × 4·WORKGROUP columns of one key-value head. x: column tiles, y: key tiles, z: kv heads of
// this part, for dv and then for dk.
import package::shared::along::{Along, STEP, Terms, plusAlong};
import package::shared::attentionTiles::{TILE_ROWS, firstRowOf, tilesPerSequence};
import package::shared::lanes::{LANES, fourRows, oneRow, zeroRows};

enable subgroups;

struct Params { rows: u32, length: u32, kvHeadStart: u32, partKvHeads: u32, heads: u32, kvHeads: u32, headVec4: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> matrices: array<f32>;
@group(0) @binding(2) var<storage, read> qkv: array<vec4f>;
@group(0) @binding(3) var<storage, read> dout: array<vec4f>;
@group(0) @binding(4) var<storage, read> queryEnd: array<u32>;
@group(0) @binding(5) var<storage, read_write> dqkv: array<vec4f>;

const WORKGROUP = constants::WORKGROUP;

/// What STEP rows, from element `at` of the first, give to one key.
fn weightsAt(at: u32) -> Along {
  let l = params.length;
  @if(single) { return matrices[at]; }
  @else { return vec4f(matrices[at], matrices[at + l], matrices[at + 2u * l], matrices[at + 3u * l]); }
}

/// Four columns of one row of q or of dout.
fn valueAt(isKeys: bool, at: u32) -> vec4f {
  if (isKeys) { return qkv[at]; }
  return dout[at];
}

/// Of STEP rows, `stride` apart.
fn valuesAt(isKeys: bool, at: u32, stride: u32) -> Terms {
  @if(single) { return valueAt(isKeys, at); }
  @else {
    return mat4x4f(
      valueAt(isKeys, at), valueAt(isKeys, at + stride),
      valueAt(isKeys, at + 2u * stride), valueAt(isKeys, at + 3u * stride));
  }
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
  let isKeys = workgroup.z >= params.partKvHeads;
  let inPart = workgroup.z % params.partKvHeads;
  let kvHead = params.kvHeadStart + inPart;
  // dscores follow all the probabilities.
  let firstHead = inPart * groupSize + select(0u, params.partKvHeads * groupSize, isKeys);
  let lane = subgroupLane % LANES;
  let ka = min(key + lane, lastKey) - sequence;
  let kb = min(key + lane + LANES, lastKey) - sequence;
  let kc = min(key + lane + 2u * LANES, lastKey) - sequence;
  let kd = min(key + lane + 3u * LANES, lastKey) - sequence;
  let column = workgroup.x * WORKGROUP + invocation;
  let stride = (params.heads + 2u * params.kvHeads) * params.headVec4;
  let valueStride = select(params.heads * params.headVec4, stride, isKeys);
  let lastRow = queryEnd[lastKey];
  var sums = zeroRows();
  for (var inGroup = 0u; inGroup < groupSize; inGroup++) {
    let part = (firstHead + inGroup) * params.rows;
    let headColumn = (kvHead * groupSize + inGroup) * params.headVec4 + min(column, params.headVec4 - 1u);
    for (var row = key; row <= lastRow; row += STEP) {
      let at = (part + row) * params.length;
      let a = weightsAt(at + ka);
      var b = Along(); var c = Along(); var d = Along();
      @if(!lanes16) { b = weightsAt(at + kb); }
      @if(lanes4) { c = weightsAt(at + kc); d = weightsAt(at + kd); }
      sums = plusAlong(sums, a, b, c, d, valuesAt(isKeys, row * valueStride + headColumn, valueStride));
    }
  }
  if (column >= params.headVec4) { return; }
  let to = (params.heads + kvHead + select(params.kvHeads, 0u, isKeys)) * params.headVec4 + column;
  for (var base = key; base <= lastKey; base += 4u) {
    let four = fourRows(sums, (base - key) / 4u);
    for (var r = base; r <= min(base + 3u, lastKey); r++) { dqkv[r * stride + to] = oneRow(four, r - base); }
  }
}
