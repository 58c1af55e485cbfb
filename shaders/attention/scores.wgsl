// Scaled scores of every query with the keys of its own sequence, for attention by tiles: scores = scale * q kT, or NEVER
// where the mask says so. The rows of a batch are sequences of `length` rows one after another; ranges never step back
// from row to row of a sequence, so that a tile sees the keys from its first row's keyStart to its last row's keyEnd.
// q, k: rows of their own stride, heads side by side from a column offset   keyStart, keyEnd: [rows], inclusive
// scores: [heads of this part, rows, length], of which only the tiles that some row sees are written
// One workgroup: TILE_ROWS rows × 4·WORKGROUP keys of one head. x: key tiles, y: row tiles, sequence by sequence, z: heads.
import package::shared::along::{Along, STEP, plusAlong, termsAcross};
import package::shared::attentionMath::{NEVER};
import package::shared::attentionTiles::{TILE_ROWS, firstRowOf, tilesPerSequence};
import package::shared::lanes::{LANES, fourRows, oneRow, zeroRows};

enable subgroups;

struct Params {
  rows: u32, length: u32, headStart: u32, groupSize: u32,
  qStride: u32, qOffset: u32, kStride: u32, kOffset: u32, headDim: u32, scale: f32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> q: array<Along>;
@group(0) @binding(2) var<storage, read> k: array<Along>;
@group(0) @binding(3) var<storage, read> keyStart: array<u32>;
@group(0) @binding(4) var<storage, read> keyEnd: array<u32>;
@group(0) @binding(5) var<storage, read_write> scores: array<vec4f>;

const WORKGROUP = constants::WORKGROUP;

fn store(to: u32, row: u32, key: u32, keys: vec4u, products: vec4f) {
  let isSeen = (keys >= vec4u(keyStart[row])) & (keys <= vec4u(keyEnd[row]));
  scores[((to + row) * params.length + key) / 4u] = select(vec4f(NEVER), products * params.scale, isSeen);
}

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(local_invocation_index) invocation: u32,
  @builtin(subgroup_invocation_id) subgroupLane: u32,
) {
  let sequence = workgroup.y / tilesPerSequence(params.length) * params.length;
  let row = firstRowOf(workgroup.y, params.length);
  let lastRow = min(row + TILE_ROWS, sequence + params.length) - 1u;
  let firstKey = workgroup.x * 4u * WORKGROUP;
  if (sequence + firstKey > keyEnd[lastRow] || sequence + firstKey + 4u * WORKGROUP <= keyStart[row]) { return; }
  let head = params.headStart + workgroup.z;
  let lane = subgroupLane % LANES;
  let qColumn = params.qOffset + head * params.headDim;
  let qa = (min(row + lane, lastRow) * params.qStride + qColumn) / STEP;
  let qb = (min(row + lane + LANES, lastRow) * params.qStride + qColumn) / STEP;
  let qc = (min(row + lane + 2u * LANES, lastRow) * params.qStride + qColumn) / STEP;
  let qd = (min(row + lane + 3u * LANES, lastRow) * params.qStride + qColumn) / STEP;
  let key = firstKey + 4u * invocation;
  let keys = sequence + min(key + vec4u(0u, 1u, 2u, 3u), vec4u(params.length - 1u));
  let kAt = (keys * params.kStride + params.kOffset + head / params.groupSize * params.headDim) / STEP;
  var sums = zeroRows();
  for (var d = 0u; d < params.headDim / STEP; d++) {
    let a = q[qa + d];
    var b = Along(); var c = Along(); var e = Along();
    @if(!lanes16) { b = q[qb + d]; }
    @if(lanes4) { c = q[qc + d]; e = q[qd + d]; }
    sums = plusAlong(sums, a, b, c, e, termsAcross(k[kAt.x + d], k[kAt.y + d], k[kAt.z + d], k[kAt.w + d]));
  }
  if (key >= params.length) { return; }
  let to = workgroup.z * params.rows;
  for (var base = row; base <= lastRow; base += 4u) {
    let four = fourRows(sums, (base - row) / 4u);
    for (var r = base; r <= min(base + 3u, lastRow); r++) {
      store(to, r, key, keys, oneRow(four, r - base));
    }
  }
}
