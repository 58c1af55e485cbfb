// Sums of value rows, weighted by a matrix of attention by tiles: out = weights · values of each head. Forward takes the
// probabilities and v; backward takes dscores and k, and gives dq.
// weights: [heads of this part, rows, length] from weightOffset on, as attention/scores lays them out
// values, out: rows of their own stride, heads side by side from a column offset   keyStart, keyEnd: [rows]. Overwrites out's columns of these heads.
// One workgroup: TILE_ROWS rows × 4·WORKGROUP columns of one head. x: column tiles, y: row tiles, z: heads.
import package::shared::along::{Along, STEP, Terms, plusAlong};
import package::shared::attentionTiles::{TILE_ROWS, firstRowOf, tilesPerSequence};
import package::shared::lanes::{LANES, fourRows, oneRow, zeroRows};

enable subgroups;

struct Params {
  rows: u32, length: u32, headStart: u32, groupSize: u32, weightOffset: u32,
  valueStride: u32, valueOffset: u32, outStride: u32, outOffset: u32, headVec4: u32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> weights: array<Along>;
@group(0) @binding(2) var<storage, read> values: array<vec4f>;
@group(0) @binding(3) var<storage, read> keyStart: array<u32>;
@group(0) @binding(4) var<storage, read> keyEnd: array<u32>;
@group(0) @binding(5) var<storage, read_write> out: array<vec4f>;

const WORKGROUP = constants::WORKGROUP;

/// Of STEP keys from the one at `at` on, each `stride` after the last.
fn valuesAt(at: u32, stride: u32) -> Terms {
  @if(single) { return values[at]; }
  @else { return mat4x4f(values[at], values[at + stride], values[at + 2u * stride], values[at + 3u * stride]); }
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
  let head = params.headStart + workgroup.z;
  let lane = subgroupLane % LANES;
  let steps = params.length / STEP;
  let firstWeight = params.weightOffset / STEP;
  let wa = firstWeight + (workgroup.z * params.rows + min(row + lane, lastRow)) * steps;
  let wb = firstWeight + (workgroup.z * params.rows + min(row + lane + LANES, lastRow)) * steps;
  let wc = firstWeight + (workgroup.z * params.rows + min(row + lane + 2u * LANES, lastRow)) * steps;
  let wd = firstWeight + (workgroup.z * params.rows + min(row + lane + 3u * LANES, lastRow)) * steps;
  let column = workgroup.x * WORKGROUP + invocation;
  let at = params.valueOffset / 4u + head / params.groupSize * params.headVec4 + min(column, params.headVec4 - 1u);
  let stride = params.valueStride / 4u;
  let first = (keyStart[row] - sequence) / STEP;
  let last = (keyEnd[lastRow] - sequence) / STEP;
  var v = (sequence + STEP * first) * stride + at;
  var sums = zeroRows();
  for (var n = first; n <= last; n++) {
    let a = weights[wa + n];
    var b = Along(); var c = Along(); var d = Along();
    @if(!lanes16) { b = weights[wb + n]; }
    @if(lanes4) { c = weights[wc + n]; d = weights[wd + n]; }
    sums = plusAlong(sums, a, b, c, d, valuesAt(v, stride));
    v += STEP * stride;
  }
  if (column >= params.headVec4) { return; }
  let to = params.outOffset / 4u + head * params.headVec4 + column;
  for (var base = row; base <= lastRow; base += 4u) {
    let four = fourRows(sums, (base - row) / 4u);
    for (var r = base; r <= min(base + 3u, lastRow); r++) {
      out[r * (params.outStride / 4u) + to] = oneRow(four, r - base);
    }
  }
}
