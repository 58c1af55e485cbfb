// lora/project (ofA) and lora/projectBackward (else) for GPUs, on sizes that are multiples of 4:
//   U = (mask∘x)·Aᵀ     V = dy·B
// These products have few results and long sums: one workgroup takes 4 rows × 8 ranks of one segment, cuts their sums
// among its invocations, which read neighbouring vectors, and adds the shares up in workgroup memory.
// x: [rows, cols], or dy: the segment's columns of it   lora: flat parameters   u: one [rowCount, rank] block per segment
// x: row tiles, y: rank tiles, z: segments
import package::shared::segments::Segment;
@if(dropout) import package::shared::random::dropoutScale4;
@if(dropout) import package::shared::step::StepHeader;

struct Params { cols: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4f>;
@group(0) @binding(2) var<storage, read> segments: array<Segment>;
@group(0) @binding(3) var<storage, read> lora: array<f32>;
@group(0) @binding(4) var<storage, read_write> u: array<f32>;
@if(dropout) @group(0) @binding(5) var<storage, read> step: StepHeader;

const WORKGROUP = 64u;
const RANKS = 8u;

// [rank][invocation], four rows each
var<workgroup> shares: array<vec4f, RANKS * WORKGROUP>;

@if(dropout) fn mask4(segment: Segment, row: u32, k: u32) -> vec4f {
  return dropoutScale4(row * params.cols + k * 4u, segment.stream, step.dropoutSeed, segment.dropBelow, segment.keepScale);
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) invocation: u32) {
  let segment = segments[workgroup.z];
  let row = workgroup.x * 4u;
  let firstRank = workgroup.y * RANKS;
  if (row >= segment.rowCount || firstRank >= segment.rank) { return; }
  let rows = min(row + vec4u(0u, 1u, 2u, 3u), vec4u(segment.rowCount - 1u));
  var at = (segment.rowStart + rows) * (params.cols / 4u);
  var vectors = params.cols / 4u;
  // A rank's factor: where it starts, the step from rank to rank and from element to element.
  var start = segment.aStart + firstRank * params.cols;
  var nextRank = params.cols;
  var next = 1u;
  @if(!ofA) {
    at += segment.colStart / 4u;
    vectors = segment.colCount / 4u;
    start = segment.bStart + firstRank;
    nextRank = 1u;
    next = segment.rank;
  }
  let ranks = min(RANKS, segment.rank - firstRank);
  var sums: array<vec4f, RANKS>;
  for (var k = invocation; k < vectors; k += WORKGROUP) {
    var four = mat4x4f(x[at.x + k], x[at.y + k], x[at.z + k], x[at.w + k]);
    @if(dropout) {
      four[0] *= mask4(segment, rows.x, k);
      four[1] *= mask4(segment, rows.y, k);
      four[2] *= mask4(segment, rows.z, k);
      four[3] *= mask4(segment, rows.w, k);
    }
    for (var q = 0u; q < ranks; q++) {
      let i = start + q * nextRank + 4u * k * next;
      sums[q] += vec4f(lora[i], lora[i + next], lora[i + 2u * next], lora[i + 3u * next]) * four;
    }
  }
  for (var q = 0u; q < RANKS; q++) { shares[q * WORKGROUP + invocation] = sums[q]; }
  workgroupBarrier();
  if (invocation >= ranks) { return; }
  var total = vec4f();
  for (var i = 0u; i < WORKGROUP; i++) { total += shares[invocation * WORKGROUP + i]; }
  for (var j = 0u; j < min(4u, segment.rowCount - row); j++) {
    u[segment.uStart + (row + j) * segment.rank + firstRank + invocation] = total[j];
  }
}
