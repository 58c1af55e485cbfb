// How far a kernel over shared/lanes goes along its sum at a time: four elements, or one (`single`). Some adapters
// that run on the CPU load element by element either way, and compile a quarter of the code in a quarter of the time.
import package::shared::lanes::{Sixteen, broadcastRows, plusProducts};

/// What one load gives of a row: STEP elements along the sum.
@if(single) alias Along = f32;
@else alias Along = vec4f;
/// The four columns' values at each of STEP elements along the sum.
@if(single) alias Terms = vec4f;
@else alias Terms = mat4x4f;
@if(single) const STEP = 1u;
@else const STEP = 4u;

/// From columns that lie along the sum.
fn termsAcross(c0: Along, c1: Along, c2: Along, c3: Along) -> Terms {
  @if(single) { return vec4f(c0, c1, c2, c3); }
  @else { return transpose(mat4x4f(c0, c1, c2, c3)); }
}

/// sums + rows · terms, rows as shared/lanes broadcasts them.
fn plusAlong(sums: Sixteen, a: Along, b: Along, c: Along, d: Along, terms: Terms) -> Sixteen {
  @if(single) { return plusOuterProduct(sums, broadcastElements(a, b, c, d), terms); }
  @else { return plusProducts(sums, broadcastRows(a, b, c, d), terms); }
}

/// As broadcastRows, of one element a row: column i of the matrix has rows 4·i … 4·i + 3.
fn broadcastElements(a: f32, b: f32, c: f32, d: f32) -> mat4x4f {
  @if(lanes4) {
    return mat4x4f(
      vec4f(subgroupBroadcast(a, 0u), subgroupBroadcast(a, 1u), subgroupBroadcast(a, 2u), subgroupBroadcast(a, 3u)),
      vec4f(subgroupBroadcast(b, 0u), subgroupBroadcast(b, 1u), subgroupBroadcast(b, 2u), subgroupBroadcast(b, 3u)),
      vec4f(subgroupBroadcast(c, 0u), subgroupBroadcast(c, 1u), subgroupBroadcast(c, 2u), subgroupBroadcast(c, 3u)),
      vec4f(subgroupBroadcast(d, 0u), subgroupBroadcast(d, 1u), subgroupBroadcast(d, 2u), subgroupBroadcast(d, 3u)));
  }
  @if(lanes8) {
    return mat4x4f(
      vec4f(subgroupBroadcast(a, 0u), subgroupBroadcast(a, 1u), subgroupBroadcast(a, 2u), subgroupBroadcast(a, 3u)),
      vec4f(subgroupBroadcast(a, 4u), subgroupBroadcast(a, 5u), subgroupBroadcast(a, 6u), subgroupBroadcast(a, 7u)),
      vec4f(subgroupBroadcast(b, 0u), subgroupBroadcast(b, 1u), subgroupBroadcast(b, 2u), subgroupBroadcast(b, 3u)),
      vec4f(subgroupBroadcast(b, 4u), subgroupBroadcast(b, 5u), subgroupBroadcast(b, 6u), subgroupBroadcast(b, 7u)));
  }
  @if(lanes16) {
    return mat4x4f(
      vec4f(subgroupBroadcast(a, 0u), subgroupBroadcast(a, 1u), subgroupBroadcast(a, 2u), subgroupBroadcast(a, 3u)),
      vec4f(subgroupBroadcast(a, 4u), subgroupBroadcast(a, 5u), subgroupBroadcast(a, 6u), subgroupBroadcast(a, 7u)),
      vec4f(subgroupBroadcast(a, 8u), subgroupBroadcast(a, 9u), subgroupBroadcast(a, 10u), subgroupBroadcast(a, 11u)),
      vec4f(subgroupBroadcast(a, 12u), subgroupBroadcast(a, 13u), subgroupBroadcast(a, 14u), subgroupBroadcast(a, 15u)));
  }
}

/// sums + rows · terms for one element along the sum, of the first 8 rows only if `eight`.
fn plusOuterProduct(sums: Sixteen, rows: mat4x4f, terms: vec4f) -> Sixteen {
  @if(eight) {
    return Sixteen(
      sums.r0 + rows[0].x * terms, sums.r1 + rows[0].y * terms, sums.r2 + rows[0].z * terms, sums.r3 + rows[0].w * terms,
      sums.r4 + rows[1].x * terms, sums.r5 + rows[1].y * terms, sums.r6 + rows[1].z * terms, sums.r7 + rows[1].w * terms,
      sums.r8, sums.r9, sums.r10, sums.r11, sums.r12, sums.r13, sums.r14, sums.r15);
  }
  @if(!eight) {
    return Sixteen(
      sums.r0 + rows[0].x * terms, sums.r1 + rows[0].y * terms, sums.r2 + rows[0].z * terms, sums.r3 + rows[0].w * terms,
      sums.r4 + rows[1].x * terms, sums.r5 + rows[1].y * terms, sums.r6 + rows[1].z * terms, sums.r7 + rows[1].w * terms,
      sums.r8 + rows[2].x * terms, sums.r9 + rows[2].y * terms, sums.r10 + rows[2].z * terms, sums.r11 + rows[2].w * terms,
      sums.r12 + rows[3].x * terms, sums.r13 + rows[3].y * terms, sums.r14 + rows[3].z * terms, sums.r15 + rows[3].w * terms);
  }
}
