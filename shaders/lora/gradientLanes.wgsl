// lora/gradient for adapters with subgroups, on sizes that are multiples of 4: same meaning.
//   dA [rank, inner] = scaling·Vᵀ·(mask∘x)     (isOfA: left = v, right = x)
//   dB [colCount, rank] = scaling·dyᵀ·U        (else: left = u, right = dy)
// Ranks take the part of the tile that is shared by broadcast, lanes take four columns each.
// One workgroup: 16 slots (8 if `eight`) × 4·WORKGROUP columns, over all rows. x: column tiles, y: slot tiles,
// z: `blocks` segments with the same rows: all of a group where they read the same x, else one.
import package::lora::slots::{Slot, segments, slotAt, slotCount};
import package::shared::along::{Along, STEP, Terms, plusAlong};
import package::shared::lanes::{LANES, fourRows, oneOf, oneRow, zeroRows};
import package::shared::step::StepHeader;
@if(dropout) import package::shared::random::dropoutScale4;
@if(dropout) import package::shared::segments::Segment;

enable subgroups;

// cols: of x (isOfA) or of dy (else).
struct Params { cols: u32, blocks: u32, isOfA: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> left: array<f32>;
@group(0) @binding(3) var<storage, read> right: array<vec4f>;
@group(0) @binding(4) var<storage, read> step: StepHeader;
@group(0) @binding(5) var<storage, read_write> gradients: array<f32>;

const WORKGROUP = constants::WORKGROUP;
@if(eight) const SLOTS = 8u;
@else const SLOTS = 16u;

/// Of one rank, STEP rows' values, 0 past the last row. at: the first row's element, and the step from row to row.
fn leftAlong(at: vec2u, m: u32, rowCount: u32) -> Along {
  @if(single) { return left[at.x + m * at.y]; }
  @else {
    let rows = m + vec4u(0u, 1u, 2u, 3u);
    let i = at.x + min(rows, vec4u(rowCount - 1u)) * at.y;
    return select(vec4f(), vec4f(left[i.x], left[i.y], left[i.z], left[i.w]), rows < vec4u(rowCount));
  }
}

fn leftAt(slot: Slot) -> vec2u { return vec2u(segments[slot.segment].uStart + slot.q, segments[slot.segment].rank); }

@if(dropout) fn mask4(segment: Segment, row: u32, col: u32) -> vec4f {
  return dropoutScale4(row * params.cols + col, segment.stream, step.dropoutSeed, segment.dropBelow, segment.keepScale);
}

/// Four columns of row m, from vector `start` of the first row on.
fn rightAt(start: u32, segment: u32, m: u32, col: u32) -> vec4f {
  var four = right[start + m * (params.cols / 4u)];
  @if(dropout) { four *= mask4(segments[segment], m, col); }
  return four;
}

fn rightAlong(start: u32, segment: u32, m: u32, col: u32, rowCount: u32) -> Terms {
  @if(single) { return rightAt(start, segment, m, col); }
  @else {
    let rows = min(m + vec4u(0u, 1u, 2u, 3u), vec4u(rowCount - 1u));
    return mat4x4f(
      rightAt(start, segment, rows.x, col), rightAt(start, segment, rows.y, col),
      rightAt(start, segment, rows.z, col), rightAt(start, segment, rows.w, col));
  }
}

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(local_invocation_index) invocation: u32,
  @builtin(subgroup_invocation_id) subgroupLane: u32,
) {
  let firstSegment = workgroup.z * params.blocks;
  let rowCount = segments[firstSegment].rowCount;
  let firstSlot = workgroup.y * SLOTS;
  let slots = slotCount(firstSegment, params.blocks);
  var colStart = 0u;
  var colCount = params.cols;
  if (params.isOfA == 0u) {
    colStart = segments[firstSegment].colStart;
    colCount = segments[firstSegment].colCount;
  }
  let firstCol = workgroup.x * 4u * WORKGROUP;
  if (firstCol >= colCount || firstSlot >= slots) { return; }
  let lane = subgroupLane % LANES;
  let slot = firstSlot + lane;
  let la = leftAt(slotAt(firstSegment, params.blocks, slot));
  @if(lanes4 || (lanes8 && !eight)) let lb = leftAt(slotAt(firstSegment, params.blocks, slot + LANES));
  @if(lanes4 && !eight) let lc = leftAt(slotAt(firstSegment, params.blocks, slot + 2u * LANES));
  @if(lanes4 && !eight) let ld = leftAt(slotAt(firstSegment, params.blocks, slot + 3u * LANES));
  let col = firstCol + 4u * invocation;
  let start = (segments[firstSegment].rowStart * params.cols + colStart + min(col, colCount - 4u)) / 4u;
  var sums = zeroRows();
  for (var m = 0u; m < rowCount; m += STEP) {
    let a = leftAlong(la, m, rowCount);
    var b = Along(); var c = Along(); var d = Along();
    @if(lanes4 || (lanes8 && !eight)) { b = leftAlong(lb, m, rowCount); }
    @if(lanes4 && !eight) { c = leftAlong(lc, m, rowCount); d = leftAlong(ld, m, rowCount); }
    sums = plusAlong(sums, a, b, c, d, rightAlong(start, firstSegment, m, col, rowCount));
  }
  if (col >= colCount) { return; }
  let count = min(SLOTS, slots - firstSlot);
  let isFirst = step.microBatch == 0u;
  for (var i = 0u; i < count; i++) {
    let own = slotAt(firstSegment, params.blocks, firstSlot + i);
    let segment = segments[own.segment];
    let results = segment.scaling * oneRow(fourRows(sums, i / 4u), i % 4u);
    var at = segment.bStart + col * segment.rank + own.q;
    var next = segment.rank;
    if (params.isOfA != 0u) { at = segment.aStart + own.q * params.cols + col; next = 1u; }
    // A loop of a known length would be unrolled.
    for (var j = col; j < col + 4u; j++) {
      gradients[at] = oneOf(results, j - col) + select(gradients[at], 0.0, isFirst);
      at += next;
    }
  }
}
