// lora/gradient for adapters with subgroups, on sizes that are multiples of 4: same meaning.
//   dA [rank, inner] = scaling·Vᵀ·(mask∘x)     (left: v, right: x)
//   dB [colCount, rank] = scaling·dyᵀ·U        (left: u, right: dy)
// Both in one dispatch if `single`, else one of them, v and x standing for its left and right: a choice among tensors in the
// loop costs more than a dispatch where four rows are loaded at a time. Ranks take the part of the tile that is shared by broadcast, lanes take four columns each.
// One workgroup: 16 slots (8 if `eight`) × 4·WORKGROUP columns, over all rows. x: column tiles, y: slot tiles,
// z: for dA `runs` times `blocks` segments with the same rows: all of a group where they read the same x, else one; then
// for dB every segment.
import package::lora::slots::{Slot, segments, slotAt, slotCount};
import package::shared::along::{Along, STEP, Terms, plusAlong};
import package::shared::lanes::{LANES, fourRows, oneOf, oneRow, zeroRows};
import package::shared::step::StepHeader;
@if(dropout) import package::shared::random::dropoutScale4;
@if(dropout) import package::shared::segments::Segment;

enable subgroups;

struct Params { inner: u32, cols: u32, runs: u32, blocks: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> v: array<f32>;
@group(0) @binding(3) var<storage, read> x: array<vec4f>;
@group(0) @binding(4) var<storage, read> step: StepHeader;
@group(0) @binding(5) var<storage, read_write> gradients: array<f32>;
@if(single) @group(0) @binding(6) var<storage, read> u: array<f32>;
@if(single) @group(0) @binding(7) var<storage, read> dy: array<vec4f>;

const WORKGROUP = constants::WORKGROUP;
@if(eight) const SLOTS = 8u;
@else const SLOTS = 16u;

fn leftOf(isOfA: bool, at: u32) -> f32 {
  @if(single) { if (!isOfA) { return u[at]; } }
  return v[at];
}

/// Of one rank, STEP rows' values, 0 past the last row. at: the first row's element, and the step from row to row.
fn leftAlong(isOfA: bool, at: vec2u, m: u32, rowCount: u32) -> Along {
  @if(single) { return leftOf(isOfA, at.x + m * at.y); }
  @else {
    let rows = m + vec4u(0u, 1u, 2u, 3u);
    let i = at.x + min(rows, vec4u(rowCount - 1u)) * at.y;
    let four = vec4f(leftOf(isOfA, i.x), leftOf(isOfA, i.y), leftOf(isOfA, i.z), leftOf(isOfA, i.w));
    return select(vec4f(), four, rows < vec4u(rowCount));
  }
}

fn leftAt(slot: Slot) -> vec2u { return vec2u(segments[slot.segment].uStart + slot.q, segments[slot.segment].rank); }

@if(dropout) fn mask4(segment: Segment, row: u32, col: u32) -> vec4f {
  return dropoutScale4(row * params.inner + col, segment.stream, step.dropoutSeed, segment.dropBelow, segment.keepScale);
}

/// Four columns of row m, from vector `start` of the first row on.
fn rightAt(isOfA: bool, start: u32, segment: u32, m: u32, col: u32) -> vec4f {
  @if(single) { if (!isOfA) { return dy[start + m * (params.cols / 4u)]; } }
  var four = x[start + m * (select(params.cols, params.inner, isOfA) / 4u)];
  @if(dropout) { four *= mask4(segments[segment], m, col); }
  return four;
}

fn rightAlong(isOfA: bool, start: u32, segment: u32, m: u32, col: u32, rowCount: u32) -> Terms {
  @if(single) { return rightAt(isOfA, start, segment, m, col); }
  @else {
    let rows = min(m + vec4u(0u, 1u, 2u, 3u), vec4u(rowCount - 1u));
    return mat4x4f(
      rightAt(isOfA, start, segment, rows.x, col), rightAt(isOfA, start, segment, rows.y, col),
      rightAt(isOfA, start, segment, rows.z, col), rightAt(isOfA, start, segment, rows.w, col));
  }
}

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(local_invocation_index) invocation: u32,
  @builtin(subgroup_invocation_id) subgroupLane: u32,
) {
  let isOfA = workgroup.z < params.runs;
  let blocks = select(1u, params.blocks, isOfA);
  let firstSegment = select(workgroup.z - params.runs, workgroup.z * params.blocks, isOfA);
  let rowCount = segments[firstSegment].rowCount;
  let firstSlot = workgroup.y * SLOTS;
  let slots = slotCount(firstSegment, blocks);
  var stride = params.inner;
  var colStart = 0u;
  var colCount = params.inner;
  if (!isOfA) {
    stride = params.cols;
    colStart = segments[firstSegment].colStart;
    colCount = segments[firstSegment].colCount;
  }
  let firstCol = workgroup.x * 4u * WORKGROUP;
  if (firstCol >= colCount || firstSlot >= slots) { return; }
  let lane = subgroupLane % LANES;
  let slot = firstSlot + lane;
  let la = leftAt(slotAt(firstSegment, blocks, slot));
  @if(lanes4 || (lanes8 && !eight)) let lb = leftAt(slotAt(firstSegment, blocks, slot + LANES));
  @if(lanes4 && !eight) let lc = leftAt(slotAt(firstSegment, blocks, slot + 2u * LANES));
  @if(lanes4 && !eight) let ld = leftAt(slotAt(firstSegment, blocks, slot + 3u * LANES));
  let col = firstCol + 4u * invocation;
  let start = (segments[firstSegment].rowStart * stride + colStart + min(col, colCount - 4u)) / 4u;
  var sums = zeroRows();
  for (var m = 0u; m < rowCount; m += STEP) {
    let a = leftAlong(isOfA, la, m, rowCount);
    var b = Along(); var c = Along(); var d = Along();
    @if(lanes4 || (lanes8 && !eight)) { b = leftAlong(isOfA, lb, m, rowCount); }
    @if(lanes4 && !eight) { c = leftAlong(isOfA, lc, m, rowCount); d = leftAlong(isOfA, ld, m, rowCount); }
    sums = plusAlong(sums, a, b, c, d, rightAlong(isOfA, start, firstSegment, m, col, rowCount));
  }
  if (col >= colCount) { return; }
  let count = min(SLOTS, slots - firstSlot);
  let isFirst = step.microBatch == 0u;
  for (var i = 0u; i < count; i++) {
    let own = slotAt(firstSegment, blocks, firstSlot + i);
    let segment = segments[own.segment];
    let results = segment.scaling * oneRow(fourRows(sums, i / 4u), i % 4u);
    var at = segment.bStart + col * segment.rank + own.q;
    var next = segment.rank;
    if (isOfA) { at = segment.aStart + own.q * params.inner + col; next = 1u; }
    // A loop of a known length would be unrolled.
    for (var j = col; j < col + 4u; j++) {
      gradients[at] = oneOf(results, j - col) + select(gradients[at], 0.0, isFirst);
      at += next;
    }
  }
}
