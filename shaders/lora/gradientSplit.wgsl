// lora/gradient for GPUs, on sizes that are multiples of 4: same meaning.
//   dA [rank, inner] = scaling·Vᵀ·(mask∘x)     (ofA: left = v, right = x)
//   dB [colCount, rank] = scaling·dyᵀ·U        (else: left = u, right = dy)
// One workgroup: 8 ranks × 32 columns of one segment. Eight invocations take a vector of columns each, and eight such
// groups every eighth row; the groups' shares are added up in workgroup memory.
// x: column tiles, y: rank tiles, z: segments
import package::shared::segments::Segment;
import package::shared::step::StepHeader;
@if(dropout) import package::shared::random::dropoutScale4;

// cols: of x (ofA) or of dy (else).
struct Params { cols: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> left: array<f32>;
@group(0) @binding(2) var<storage, read> segments: array<Segment>;
@group(0) @binding(3) var<storage, read> right: array<vec4f>;
@group(0) @binding(4) var<storage, read> step: StepHeader;
@group(0) @binding(5) var<storage, read_write> gradients: array<f32>;

const GROUPS = 8u;
const VECTORS = 8u;
const RANKS = 8u;

// [rank][group][vector of columns]
var<workgroup> shares: array<vec4f, RANKS * GROUPS * VECTORS>;

@if(dropout) fn mask4(segment: Segment, row: u32, col: u32) -> vec4f {
  return dropoutScale4(row * params.cols + col, segment.stream, step.dropoutSeed, segment.dropBelow, segment.keepScale);
}

@compute @workgroup_size(VECTORS, GROUPS)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_id) local: vec3u, @builtin(local_invocation_index) invocation: u32) {
  let segment = segments[workgroup.z];
  var colStart = 0u;
  var colCount = params.cols;
  @if(!ofA) {
    colStart = segment.colStart;
    colCount = segment.colCount;
  }
  let firstCol = workgroup.x * 4u * VECTORS;
  let firstRank = workgroup.y * RANKS;
  if (firstCol >= colCount || firstRank >= segment.rank) { return; }
  let ranks = min(RANKS, segment.rank - firstRank);
  let col = min(firstCol + 4u * local.x, colCount - 4u);
  let stride = params.cols / 4u;
  let start = segment.rowStart * stride + (colStart + col) / 4u;
  var sums: array<vec4f, RANKS>;
  for (var m = local.y; m < segment.rowCount; m += GROUPS) {
    var four = right[start + m * stride];
    @if(dropout) { four *= mask4(segment, m, col); }
    let at = segment.uStart + m * segment.rank + firstRank;
    for (var q = 0u; q < ranks; q++) { sums[q] += left[at + q] * four; }
  }
  for (var q = 0u; q < RANKS; q++) { shares[(q * GROUPS + local.y) * VECTORS + local.x] = sums[q]; }
  workgroupBarrier();
  // Now one rank and one vector of columns an invocation.
  let q = invocation / VECTORS;
  let at = firstCol + 4u * (invocation % VECTORS);
  if (q >= ranks || at >= colCount) { return; }
  var total = vec4f();
  for (var g = 0u; g < GROUPS; g++) { total += shares[(q * GROUPS + g) * VECTORS + invocation % VECTORS]; }
  var to = segment.bStart + at * segment.rank + firstRank + q;
  var next = segment.rank;
  @if(ofA) { to = segment.aStart + (firstRank + q) * params.cols + at; next = 1u; }
  for (var j = 0u; j < 4u; j++) {
    gradients[to] = segment.scaling * total[j] + select(gradients[to], 0.0, step.microBatch == 0u);
    to += next;
  }
}
