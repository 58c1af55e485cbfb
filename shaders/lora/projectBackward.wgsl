// V = dy·B, which backward of y = … + scaling·U·Bᵀ needs for dx and dA.
// dy: [rows, cols], this segment's columns   lora: flat parameters with B [colCount, rank] at bStart
// v: one [rowCount, rank] block per segment
// One invocation: 4 rows × 4 ranks. x: row tiles, y: rank tiles, z: one segment.
import package::shared::segments::Segment;

struct Params { cols: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> dy: array<f32>;
@group(0) @binding(2) var<storage, read> segments: array<Segment>;
@group(0) @binding(3) var<storage, read> lora: array<f32>;
@group(0) @binding(4) var<storage, read_write> v: array<f32>;

fn store(segment: Segment, row: u32, rank: u32, value: vec4f) {
  if (row >= segment.rowCount) { return; }
  for (var j = 0u; j < 4u; j++) {
    if (rank + j < segment.rank) { v[segment.uStart + row * segment.rank + rank + j] = value[j]; }
  }
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let segment = segments[id.z];
  let row = id.x * 4u;
  let rank = id.y * 4u;
  if (row >= segment.rowCount || rank >= segment.rank) { return; }
  let lastRow = segment.rowCount - 1u;
  let lastRank = segment.rank - 1u;
  let q1 = min(rank + 1u, lastRank);
  let q2 = min(rank + 2u, lastRank);
  let q3 = min(rank + 3u, lastRank);
  let d0 = (segment.rowStart + row) * params.cols + segment.colStart;
  let d1 = (segment.rowStart + min(row + 1u, lastRow)) * params.cols + segment.colStart;
  let d2 = (segment.rowStart + min(row + 2u, lastRow)) * params.cols + segment.colStart;
  let d3 = (segment.rowStart + min(row + 3u, lastRow)) * params.cols + segment.colStart;
  var s0 = vec4f();
  var s1 = vec4f();
  var s2 = vec4f();
  var s3 = vec4f();
  for (var n = 0u; n < segment.colCount; n++) {
    let b = segment.bStart + n * segment.rank;
    let row4 = vec4f(lora[b + rank], lora[b + q1], lora[b + q2], lora[b + q3]);
    s0 += dy[d0 + n] * row4;
    s1 += dy[d1 + n] * row4;
    s2 += dy[d2 + n] * row4;
    s3 += dy[d3 + n] * row4;
  }
  store(segment, row, rank, s0);
  store(segment, row + 1u, rank, s1);
  store(segment, row + 2u, rank, s2);
  store(segment, row + 3u, rank, s3);
}
