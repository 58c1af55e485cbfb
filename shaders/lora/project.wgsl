// U = (mask∘x)·Aᵀ, the low-rank half of a fused LoRA linear; the mask is dropout's.
// x: [rows, inner]   lora: flat parameters with A [rank, inner] at aStart   u: one [rowCount, rank] block per segment
// One invocation: 4 rows × 4 ranks. x: row tiles, y: rank tiles, z: one segment.
import package::shared::segments::Segment;
@if(dropout) import package::shared::random::dropoutScale4;
@if(dropout) import package::shared::step::StepHeader;

struct Params { inner: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@if(aligned) @group(0) @binding(1) var<storage, read> x: array<vec4f>;
@else @group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> segments: array<Segment>;
@if(aligned) @group(0) @binding(3) var<storage, read> lora: array<vec4f>;
@else @group(0) @binding(3) var<storage, read> lora: array<f32>;
@group(0) @binding(4) var<storage, read_write> u: array<f32>;
@if(dropout) @group(0) @binding(5) var<storage, read> step: StepHeader;

@if(aligned) fn x4(start: u32, k: u32) -> vec4f { return x[start / 4u + k]; }
@else fn x4(start: u32, k: u32) -> vec4f {
  let c = k * 4u;
  var four = vec4f(x[start + c], 0.0, 0.0, 0.0);
  if (c + 1u < params.inner) { four.y = x[start + c + 1u]; }
  if (c + 2u < params.inner) { four.z = x[start + c + 2u]; }
  if (c + 3u < params.inner) { four.w = x[start + c + 3u]; }
  return four;
}

@if(aligned) fn a4(start: u32, k: u32) -> vec4f { return lora[start / 4u + k]; }
@else fn a4(start: u32, k: u32) -> vec4f {
  let c = k * 4u;
  var four = vec4f(lora[start + c], 0.0, 0.0, 0.0);
  if (c + 1u < params.inner) { four.y = lora[start + c + 1u]; }
  if (c + 2u < params.inner) { four.z = lora[start + c + 2u]; }
  if (c + 3u < params.inner) { four.w = lora[start + c + 3u]; }
  return four;
}

@if(dropout) fn mask4(segment: Segment, row: u32, k: u32) -> vec4f {
  return dropoutScale4(row * params.inner + k * 4u, segment.stream, step.dropoutSeed, segment.dropBelow, segment.keepScale);
}

fn store(segment: Segment, row: u32, rank: u32, value: vec4f) {
  if (row >= segment.rowCount) { return; }
  for (var j = 0u; j < 4u; j++) {
    if (rank + j < segment.rank) { u[segment.uStart + row * segment.rank + rank + j] = value[j]; }
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
  let r0 = row;
  let r1 = min(row + 1u, lastRow);
  let r2 = min(row + 2u, lastRow);
  let r3 = min(row + 3u, lastRow);
  let a0 = segment.aStart + rank * params.inner;
  let a1 = segment.aStart + min(rank + 1u, lastRank) * params.inner;
  let a2 = segment.aStart + min(rank + 2u, lastRank) * params.inner;
  let a3 = segment.aStart + min(rank + 3u, lastRank) * params.inner;
  let x0 = (segment.rowStart + r0) * params.inner;
  let x1 = (segment.rowStart + r1) * params.inner;
  let x2 = (segment.rowStart + r2) * params.inner;
  let x3 = (segment.rowStart + r3) * params.inner;
  var s0 = vec4f();
  var s1 = vec4f();
  var s2 = vec4f();
  var s3 = vec4f();
  let vectors = (params.inner + 3u) / 4u;
  for (var k = 0u; k < vectors; k++) {
    let a = mat4x4f(a4(a0, k), a4(a1, k), a4(a2, k), a4(a3, k));
    var v0 = x4(x0, k);
    var v1 = x4(x1, k);
    var v2 = x4(x2, k);
    var v3 = x4(x3, k);
    @if(dropout) {
      v0 *= mask4(segment, r0, k);
      v1 *= mask4(segment, r1, k);
      v2 *= mask4(segment, r2, k);
      v3 *= mask4(segment, r3, k);
    }
    s0 += v0 * a;
    s1 += v1 * a;
    s2 += v2 * a;
    s3 += v3 * a;
  }
  store(segment, row, rank, s0);
  store(segment, row + 1u, rank, s1);
  store(segment, row + 2u, rank, s2);
  store(segment, row + 3u, rank, s3);
}
