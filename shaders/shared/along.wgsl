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
  @if(single) { return plusOuterProduct(sums, a, b, c, d, terms); }
  @else { return plusProducts(sums, broadcastRows(a, b, c, d), terms); }
}

/// sums + rows · terms for one element along the sum, rows broadcast as by broadcastRows; of the first 8 rows only if `eight`.
fn plusOuterProduct(sums: Sixteen, a: f32, b: f32, c: f32, d: f32, terms: vec4f) -> Sixteen {
  @if(lanes4 && eight) {
    return Sixteen(
      sums.r0 + subgroupBroadcast(a, 0u) * terms, sums.r1 + subgroupBroadcast(a, 1u) * terms,
      sums.r2 + subgroupBroadcast(a, 2u) * terms, sums.r3 + subgroupBroadcast(a, 3u) * terms,
      sums.r4 + subgroupBroadcast(b, 0u) * terms, sums.r5 + subgroupBroadcast(b, 1u) * terms,
      sums.r6 + subgroupBroadcast(b, 2u) * terms, sums.r7 + subgroupBroadcast(b, 3u) * terms,
      sums.r8, sums.r9, sums.r10, sums.r11, sums.r12, sums.r13, sums.r14, sums.r15);
  }
  @if(lanes4 && !eight) {
    return Sixteen(
      sums.r0 + subgroupBroadcast(a, 0u) * terms, sums.r1 + subgroupBroadcast(a, 1u) * terms,
      sums.r2 + subgroupBroadcast(a, 2u) * terms, sums.r3 + subgroupBroadcast(a, 3u) * terms,
      sums.r4 + subgroupBroadcast(b, 0u) * terms, sums.r5 + subgroupBroadcast(b, 1u) * terms,
      sums.r6 + subgroupBroadcast(b, 2u) * terms, sums.r7 + subgroupBroadcast(b, 3u) * terms,
      sums.r8 + subgroupBroadcast(c, 0u) * terms, sums.r9 + subgroupBroadcast(c, 1u) * terms,
      sums.r10 + subgroupBroadcast(c, 2u) * terms, sums.r11 + subgroupBroadcast(c, 3u) * terms,
      sums.r12 + subgroupBroadcast(d, 0u) * terms, sums.r13 + subgroupBroadcast(d, 1u) * terms,
      sums.r14 + subgroupBroadcast(d, 2u) * terms, sums.r15 + subgroupBroadcast(d, 3u) * terms);
  }
  @if(lanes8 && eight) {
    return Sixteen(
      sums.r0 + subgroupBroadcast(a, 0u) * terms, sums.r1 + subgroupBroadcast(a, 1u) * terms,
      sums.r2 + subgroupBroadcast(a, 2u) * terms, sums.r3 + subgroupBroadcast(a, 3u) * terms,
      sums.r4 + subgroupBroadcast(a, 4u) * terms, sums.r5 + subgroupBroadcast(a, 5u) * terms,
      sums.r6 + subgroupBroadcast(a, 6u) * terms, sums.r7 + subgroupBroadcast(a, 7u) * terms,
      sums.r8, sums.r9, sums.r10, sums.r11, sums.r12, sums.r13, sums.r14, sums.r15);
  }
  @if(lanes8 && !eight) {
    return Sixteen(
      sums.r0 + subgroupBroadcast(a, 0u) * terms, sums.r1 + subgroupBroadcast(a, 1u) * terms,
      sums.r2 + subgroupBroadcast(a, 2u) * terms, sums.r3 + subgroupBroadcast(a, 3u) * terms,
      sums.r4 + subgroupBroadcast(a, 4u) * terms, sums.r5 + subgroupBroadcast(a, 5u) * terms,
      sums.r6 + subgroupBroadcast(a, 6u) * terms, sums.r7 + subgroupBroadcast(a, 7u) * terms,
      sums.r8 + subgroupBroadcast(b, 0u) * terms, sums.r9 + subgroupBroadcast(b, 1u) * terms,
      sums.r10 + subgroupBroadcast(b, 2u) * terms, sums.r11 + subgroupBroadcast(b, 3u) * terms,
      sums.r12 + subgroupBroadcast(b, 4u) * terms, sums.r13 + subgroupBroadcast(b, 5u) * terms,
      sums.r14 + subgroupBroadcast(b, 6u) * terms, sums.r15 + subgroupBroadcast(b, 7u) * terms);
  }
  @if(lanes16 && eight) {
    return Sixteen(
      sums.r0 + subgroupBroadcast(a, 0u) * terms, sums.r1 + subgroupBroadcast(a, 1u) * terms,
      sums.r2 + subgroupBroadcast(a, 2u) * terms, sums.r3 + subgroupBroadcast(a, 3u) * terms,
      sums.r4 + subgroupBroadcast(a, 4u) * terms, sums.r5 + subgroupBroadcast(a, 5u) * terms,
      sums.r6 + subgroupBroadcast(a, 6u) * terms, sums.r7 + subgroupBroadcast(a, 7u) * terms,
      sums.r8, sums.r9, sums.r10, sums.r11, sums.r12, sums.r13, sums.r14, sums.r15);
  }
  @if(lanes16 && !eight) {
    return Sixteen(
      sums.r0 + subgroupBroadcast(a, 0u) * terms, sums.r1 + subgroupBroadcast(a, 1u) * terms,
      sums.r2 + subgroupBroadcast(a, 2u) * terms, sums.r3 + subgroupBroadcast(a, 3u) * terms,
      sums.r4 + subgroupBroadcast(a, 4u) * terms, sums.r5 + subgroupBroadcast(a, 5u) * terms,
      sums.r6 + subgroupBroadcast(a, 6u) * terms, sums.r7 + subgroupBroadcast(a, 7u) * terms,
      sums.r8 + subgroupBroadcast(a, 8u) * terms, sums.r9 + subgroupBroadcast(a, 9u) * terms,
      sums.r10 + subgroupBroadcast(a, 10u) * terms, sums.r11 + subgroupBroadcast(a, 11u) * terms,
      sums.r12 + subgroupBroadcast(a, 12u) * terms, sums.r13 + subgroupBroadcast(a, 13u) * terms,
      sums.r14 + subgroupBroadcast(a, 14u) * terms, sums.r15 + subgroupBroadcast(a, 15u) * terms);
  }
}
