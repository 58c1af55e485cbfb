// linear/forward for adapters with subgroups: same bindings and meaning, with inner a multiple of 4.
// The same kernel serves frozen products: one less to compile.
// One invocation: 16 rows × 4 columns; one workgroup: 16 rows × 4·WORKGROUP columns. z: one segment, or the whole product.
import package::linear::weight::weight4;
import package::linear::forwardOperands::{bias4, params, storeBiased4};
@if(lora) import package::shared::along::{Along, STEP, plusAlong, termsAcross};
import package::shared::lanes::{LANES, broadcastRows, equalRows, fourRows, oneRow, plusProducts};
@if(lora) import package::linear::forwardOperands::{segmentAt, u, lora};

enable subgroups;

@group(0) @binding(1) var<storage, read> x: array<vec4f>;

const WORKGROUP = constants::WORKGROUP;

// STEP ranks from `first` on, of one row of U or of B; past the last rank U counts as 0.
@if(lora && single) fn uAlong(start: u32, first: u32, rank: u32) -> Along { return u[start + first]; }
@if(lora && single) fn bAlong(start: u32, first: u32, rank: u32) -> Along { return lora[start + first]; }
@if(lora && !single && evenRanks) fn uAlong(start: u32, first: u32, rank: u32) -> Along { return u[(start + first) / 4u]; }
@if(lora && !single && evenRanks) fn bAlong(start: u32, first: u32, rank: u32) -> Along { return lora[(start + first) / 4u]; }
@if(lora && !single && !evenRanks) fn uAlong(start: u32, first: u32, rank: u32) -> Along {
  let ranks = first + vec4u(0u, 1u, 2u, 3u);
  let at = start + min(ranks, vec4u(rank - 1u));
  return select(vec4f(), vec4f(u[at.x], u[at.y], u[at.z], u[at.w]), ranks < vec4u(rank));
}
@if(lora && !single && !evenRanks) fn bAlong(start: u32, first: u32, rank: u32) -> Along {
  let at = start + min(first + vec4u(0u, 1u, 2u, 3u), vec4u(rank - 1u));
  return vec4f(lora[at.x], lora[at.y], lora[at.z], lora[at.w]);
}

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(local_invocation_index) invocation: u32,
  @builtin(subgroup_invocation_id) subgroupLane: u32,
) {
  var rowStart = 0u;
  var rowEnd = params.rows;
  var colStart = params.weightStart;
  var colEnd = params.weightStart + params.weightRows;
  @if(lora) let segment = segmentAt(workgroup.z);
  @if(lora) {
    rowStart = segment.rowStart;
    rowEnd = segment.rowStart + segment.rowCount;
    colStart = max(colStart, segment.colStart);
    colEnd = min(colEnd, segment.colStart + segment.colCount);
  }
  let row = rowStart + (params.tileStart + workgroup.y) * 16u;
  let firstCol = colStart + workgroup.x * 4u * WORKGROUP;
  if (row >= rowEnd || firstCol >= colEnd) { return; }
  let lastRow = rowEnd - 1u;
  let lastCol = colEnd - 1u;
  let lane = subgroupLane % LANES;
  let ra = min(row + lane, lastRow);
  let rb = min(row + lane + LANES, lastRow);
  let rc = min(row + lane + 2u * LANES, lastRow);
  let rd = min(row + lane + 3u * LANES, lastRow);
  let col = firstCol + 4u * invocation;
  let c0 = min(col, lastCol);
  let c1 = min(col + 1u, lastCol);
  let c2 = min(col + 2u, lastCol);
  let c3 = min(col + 3u, lastCol);
  let vectors = params.inner / 4u;
  let xa = ra * vectors;
  let xb = rb * vectors;
  let xc = rc * vectors;
  let xd = rd * vectors;
  let w0 = (c0 - params.weightStart) * vectors;
  let w1 = (c1 - params.weightStart) * vectors;
  let w2 = (c2 - params.weightStart) * vectors;
  let w3 = (c3 - params.weightStart) * vectors;
  var sums = equalRows(bias4(col, colEnd));
  for (var k = 0u; k < vectors; k++) {
    let a = x[xa + k];
    var b = vec4f(); var c = vec4f(); var d = vec4f();
    @if(!lanes16) { b = x[xb + k]; }
    @if(lanes4) { c = x[xc + k]; d = x[xd + k]; }
    let columns = transpose(mat4x4f(weight4(w0 + k), weight4(w1 + k), weight4(w2 + k), weight4(w3 + k)));
    sums = plusProducts(sums, broadcastRows(a, b, c, d), columns);
  }
  @if(lora) {
    let rank = segment.rank;
    let ua = segment.uStart + (ra - rowStart) * rank;
    let ub = segment.uStart + (rb - rowStart) * rank;
    let uc = segment.uStart + (rc - rowStart) * rank;
    let ud = segment.uStart + (rd - rowStart) * rank;
    let b0 = segment.bStart + (c0 - segment.colStart) * rank;
    let b1 = segment.bStart + (c1 - segment.colStart) * rank;
    let b2 = segment.bStart + (c2 - segment.colStart) * rank;
    let b3 = segment.bStart + (c3 - segment.colStart) * rank;
    for (var first = 0u; first < rank; first += STEP) {
      let a = segment.scaling * uAlong(ua, first, rank);
      var b = Along(); var c = Along(); var d = Along();
      @if(!lanes16) { b = segment.scaling * uAlong(ub, first, rank); }
      @if(lanes4) { c = segment.scaling * uAlong(uc, first, rank); d = segment.scaling * uAlong(ud, first, rank); }
      let terms = termsAcross(
        bAlong(b0, first, rank), bAlong(b1, first, rank), bAlong(b2, first, rank), bAlong(b3, first, rank));
      sums = plusAlong(sums, a, b, c, d, terms);
    }
  }
  let tileEnd = min(row + 16u, rowEnd);
  for (var first = row; first < tileEnd; first += 4u) {
    let four = fourRows(sums, (first - row) / 4u);
    for (var r = first; r < min(first + 4u, tileEnd); r++) { storeBiased4(r, col, colEnd, oneRow(four, r - first)); }
  }
}
