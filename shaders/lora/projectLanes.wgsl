// lora/project (isOfA) and lora/projectBackward (else) for adapters with subgroups, on sizes that are multiples of 4:
//   U = (mask∘x)·Aᵀ     V = dy·B
// x: [rows, cols], or dy: the segment's columns of it   lora: flat parameters   u: one [rowCount, rank] block per segment
// Ranks take the part of the tile that is shared by broadcast, lanes take four rows each.
// One workgroup: 4·WORKGROUP rows × 16 slots (8 if `eight`). x: row tiles, y: slot tiles, z: `blocks` segments with the
// same rows: all of a group where they read the same x, else one.
import package::lora::slots::{Slot, segments, slotAt, slotCount};
import package::shared::along::{Along, STEP, plusAlong, termsAcross};
import package::shared::lanes::{LANES, fourRows, oneOf, oneRow, zeroRows};
@if(dropout) import package::shared::random::{dropoutScale, dropoutScale4};
@if(dropout) import package::shared::segments::Segment;
@if(dropout) import package::shared::step::StepHeader;

enable subgroups;

struct Params { cols: u32, blocks: u32, isOfA: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<Along>;
@group(0) @binding(3) var<storage, read> lora: array<f32>;
@group(0) @binding(4) var<storage, read_write> u: array<f32>;
@if(dropout) @group(0) @binding(5) var<storage, read> step: StepHeader;

const WORKGROUP = constants::WORKGROUP;
@if(eight) const SLOTS = 8u;
@else const SLOTS = 16u;

/// STEP elements along the sum, from element i on, of one rank.
fn factorAlong(at: vec2u, i: u32) -> Along {
  let j = at.x + i * at.y;
  @if(single) { return lora[j]; }
  @else { return vec4f(lora[j], lora[j + at.y], lora[j + 2u * at.y], lora[j + 3u * at.y]); }
}

/// Where a rank's factor starts, and the step from element to element.
fn factorAt(slot: Slot) -> vec2u {
  let segment = segments[slot.segment];
  if (params.isOfA != 0u) { return vec2u(segment.aStart + slot.q * params.cols, 1u); }
  return vec2u(segment.bStart + slot.q, segment.rank);
}

@if(dropout) fn maskAlong(segment: Segment, row: u32, i: u32) -> Along {
  let counter = row * params.cols + i;
  @if(single) { return dropoutScale(counter, segment.stream, step.dropoutSeed, segment.dropBelow, segment.keepScale); }
  @else { return dropoutScale4(counter, segment.stream, step.dropoutSeed, segment.dropBelow, segment.keepScale); }
}

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(local_invocation_index) invocation: u32,
  @builtin(subgroup_invocation_id) subgroupLane: u32,
) {
  let firstSegment = workgroup.z * params.blocks;
  let rowCount = segments[firstSegment].rowCount;
  let firstRow = workgroup.x * 4u * WORKGROUP;
  let firstSlot = workgroup.y * SLOTS;
  let slots = slotCount(firstSegment, params.blocks);
  if (firstRow >= rowCount || firstSlot >= slots) { return; }
  let lane = subgroupLane % LANES;
  let slot = firstSlot + lane;
  let fa = factorAt(slotAt(firstSegment, params.blocks, slot));
  @if(lanes4 || (lanes8 && !eight)) let fb = factorAt(slotAt(firstSegment, params.blocks, slot + LANES));
  @if(lanes4 && !eight) let fc = factorAt(slotAt(firstSegment, params.blocks, slot + 2u * LANES));
  @if(lanes4 && !eight) let fd = factorAt(slotAt(firstSegment, params.blocks, slot + 3u * LANES));
  let row = firstRow + 4u * invocation;
  let rows = min(row + vec4u(0u, 1u, 2u, 3u), vec4u(rowCount - 1u));
  var terms = params.cols;
  var at = (segments[firstSegment].rowStart + rows) * (params.cols / STEP);
  if (params.isOfA == 0u) {
    at += segments[firstSegment].colStart / STEP;
    terms = segments[firstSegment].colCount;
  }
  var sums = zeroRows();
  for (var k = 0u; k < terms / STEP; k++) {
    let i = STEP * k;
    let a = factorAlong(fa, i);
    var b = Along(); var c = Along(); var d = Along();
    @if(lanes4 || (lanes8 && !eight)) { b = factorAlong(fb, i); }
    @if(lanes4 && !eight) { c = factorAlong(fc, i); d = factorAlong(fd, i); }
    var x0 = x[at.x + k];
    var x1 = x[at.y + k];
    var x2 = x[at.z + k];
    var x3 = x[at.w + k];
    @if(dropout) {
      let segment = segments[firstSegment];
      x0 *= maskAlong(segment, rows.x, i);
      x1 *= maskAlong(segment, rows.y, i);
      x2 *= maskAlong(segment, rows.z, i);
      x3 *= maskAlong(segment, rows.w, i);
    }
    sums = plusAlong(sums, a, b, c, d, termsAcross(x0, x1, x2, x3));
  }
  let count = min(SLOTS, slots - firstSlot);
  // A loop of a known length would be unrolled.
  let rowEnd = min(row + 4u, rowCount);
  for (var i = 0u; i < count; i++) {
    let own = slotAt(firstSegment, params.blocks, firstSlot + i);
    let segment = segments[own.segment];
    let results = oneRow(fourRows(sums, i / 4u), i % 4u);
    for (var at = row; at < rowEnd; at++) { u[segment.uStart + at * segment.rank + own.q] = oneOf(results, at - row); }
  }
}
