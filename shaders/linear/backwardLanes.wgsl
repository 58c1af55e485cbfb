// linear/backward for adapters with subgroups: same bindings and meaning; inner, cols and weightRows are multiples of 4.
// The same kernel serves frozen products: one less to compile.
// One invocation: 16 rows × 4 columns of dx; one workgroup: 16 rows × 4·WORKGROUP columns. z: one group of rows.
import package::linear::weight::weight4;
import package::linear::backwardOperands::{params, store4};
@if(lora) import package::shared::along::{Along, STEP, Terms, plusAlong};
import package::shared::lanes::{LANES, Sixteen, broadcastRows, fourRows, oneRow, plusProducts, zeroRows};
@if(lora) import package::linear::backwardOperands::{segments, v, lora};
@if(dropout) import package::linear::backwardOperands::mask4;
@if(dropout) import package::shared::lanes::{asArray, plusRows};

enable subgroups;

@group(0) @binding(1) var<storage, read> dy: array<vec4f>;

const WORKGROUP = constants::WORKGROUP;

// STEP ranks from `first` on, of one row of V; past the last rank they count as 0.
@if(lora && single) fn vAlong(start: u32, first: u32, rank: u32) -> Along { return v[start + first]; }
@if(lora && !single && evenRanks) fn vAlong(start: u32, first: u32, rank: u32) -> Along { return v[(start + first) / 4u]; }
@if(lora && !single && !evenRanks) fn vAlong(start: u32, first: u32, rank: u32) -> Along {
  let ranks = first + vec4u(0u, 1u, 2u, 3u);
  let at = start + min(ranks, vec4u(rank - 1u));
  return select(vec4f(), vec4f(v[at.x], v[at.y], v[at.z], v[at.w]), ranks < vec4u(rank));
}

// Four columns of A, at each of these ranks.
@if(lora && evenFactors) fn a4(at: u32) -> vec4f { return lora[at / 4u]; }
@if(lora && !evenFactors) fn a4(at: u32) -> vec4f { return vec4f(lora[at], lora[at + 1u], lora[at + 2u], lora[at + 3u]); }
@if(lora && single) fn aTerms(start: u32, first: u32, rank: u32) -> Terms { return a4(start + first * params.inner); }
@if(lora && !single) fn aTerms(start: u32, first: u32, rank: u32) -> Terms {
  let at = start + min(first + vec4u(0u, 1u, 2u, 3u), vec4u(rank - 1u)) * params.inner;
  return mat4x4f(a4(at.x), a4(at.y), a4(at.z), a4(at.w));
}

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(local_invocation_index) invocation: u32,
  @builtin(subgroup_invocation_id) subgroupLane: u32,
) {
  var rowStart = 0u;
  var rowEnd = params.rows;
  // A frozen product has no column blocks.
  @if(lora) {
    if (params.columnBlocks > 0u) {
      let group = segments[(params.groupStart + workgroup.z) * params.columnBlocks];
      rowStart = group.rowStart;
      rowEnd = group.rowStart + group.rowCount;
    }
  }
  let row = rowStart + (params.tileStart + workgroup.y) * 16u;
  let firstCol = workgroup.x * 4u * WORKGROUP;
  if (row >= rowEnd || firstCol >= params.inner) { return; }
  let lastRow = rowEnd - 1u;
  let lane = subgroupLane % LANES;
  let ra = min(row + lane, lastRow);
  let rb = min(row + lane + LANES, lastRow);
  let rc = min(row + lane + 2u * LANES, lastRow);
  let rd = min(row + lane + 3u * LANES, lastRow);
  // A lane past the end computes the last columns again and stores nothing.
  let col = firstCol + 4u * invocation;
  let at = min(col, params.inner - 4u);
  let vectors = params.cols / 4u;
  let firstVector = params.weightStart / 4u;
  let ya = ra * vectors + firstVector;
  let yb = rb * vectors + firstVector;
  let yc = rc * vectors + firstVector;
  let yd = rd * vectors + firstVector;
  var sums = zeroRows();
  @if(lora) {
    for (var block = 0u; block < params.columnBlocks; block++) {
      let segment = segments[(params.groupStart + workgroup.z) * params.columnBlocks + block];
      let rank = segment.rank;
      let va = segment.uStart + (ra - rowStart) * rank;
      let vb = segment.uStart + (rb - rowStart) * rank;
      let vc = segment.uStart + (rc - rowStart) * rank;
      let vd = segment.uStart + (rd - rowStart) * rank;
      @if(dropout) let before = sums;
      // An adapter without dropout adds up as it would beside none that has it.
      @if(dropout) { if (segment.dropBelow > 0u) { sums = zeroRows(); } }
      for (var first = 0u; first < rank; first += STEP) {
        let a = segment.scaling * vAlong(va, first, rank);
        var b = Along(); var c = Along(); var d = Along();
        @if(!lanes16) { b = segment.scaling * vAlong(vb, first, rank); }
        @if(lanes4) { c = segment.scaling * vAlong(vc, first, rank); d = segment.scaling * vAlong(vd, first, rank); }
        sums = plusAlong(sums, a, b, c, d, aTerms(segment.aStart + at, first, rank));
      }
      @if(dropout) {
        if (segment.dropBelow > 0u) {
          var masked = asArray(sums);
          for (var i = 0u; i < min(16u, rowEnd - row); i++) { masked[i] *= mask4(segment, row - rowStart + i, at); }
          sums = plusRows(before, masked);
        }
      }
    }
  }
  // Four rows of W0 at a time.
  let weightVectors = params.inner / 4u;
  var w = at / 4u;
  for (var n = 0u; n < params.weightRows / 4u; n++) {
    let a = dy[ya + n];
    var b = vec4f(); var c = vec4f(); var d = vec4f();
    @if(!lanes16) { b = dy[yb + n]; }
    @if(lanes4) { c = dy[yc + n]; d = dy[yd + n]; }
    let w1 = w + weightVectors; let w2 = w1 + weightVectors; let w3 = w2 + weightVectors;
    let columns = mat4x4f(weight4(w), weight4(w1), weight4(w2), weight4(w3));
    sums = plusProducts(sums, broadcastRows(a, b, c, d), columns);
    w = w3 + weightVectors;
  }
  let tileEnd = min(row + 16u, rowEnd);
  for (var first = row; first < tileEnd; first += 4u) {
    let four = fourRows(sums, (first - row) / 4u);
    for (var r = first; r < min(first + 4u, tileEnd); r++) { store4(r, rowEnd, col, oneRow(four, r - first)); }
  }
}
