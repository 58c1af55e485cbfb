// How far a kernel over shared/lanes goes along its sum at a time: four elements, or one (`single`). Some adapters
// that run on the CPU load element by element either way, and compile a quarter of the code in a quarter of the time.
import package::shared::lanes::{Sixteen, broadcastRows, plusOuterProduct, plusProducts};

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
