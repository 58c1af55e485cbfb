// The operands of every linear/forward…, all but x and the weight, and how a result is stored. Bias and residual are told
// by flags, not by conditions: a kernel takes some drivers a second to compile, and what is absent costs next to nothing.
// Where that is so, one kernel also serves products with an activation and those without (`maybeActivate`).
// y, residual, activated: [rows, cols]   bias: [cols]   segments, u, lora: see linear/forward
@if(lora) import package::shared::segments::Segment;
@if(activate || maybeActivate) import package::shared::activation::activate;

// tileStart, segmentStart: the first tile of rows and the first segment of this dispatch, where a product is cut into several.
struct Params {
  rows: u32, inner: u32, cols: u32, weightStart: u32, weightRows: u32,
  hasBias: u32, hasResidual: u32, isAdapted: u32, isActivated: u32, tileStart: u32, segmentStart: u32,
}
@group(0) @binding(0) var<uniform> params: Params;
// As vectors where every first and last column is a multiple of 4 (`evenCols`). Some other tensor where there is none.
@if(evenCols) alias Columns = vec4f;
@if(!evenCols) alias Columns = f32;
@group(0) @binding(3) var<storage, read_write> y: array<Columns>;
@group(0) @binding(4) var<storage, read> bias: array<Columns>;
@if(!activate) @group(0) @binding(5) var<storage, read> residual: array<Columns>;
@if(activate) @group(0) @binding(5) var<storage, read_write> activated: array<Columns>;
@if(lora) @group(0) @binding(6) var<storage, read> segments: array<Segment>;
@if(lora && !evenRanks) @group(0) @binding(7) var<storage, read> u: array<f32>;
@if(lora && !evenRanks) @group(0) @binding(8) var<storage, read> lora: array<f32>;
// Where every rank and start is a multiple of 4.
@if(lora && evenRanks) @group(0) @binding(7) var<storage, read> u: array<vec4f>;
@if(lora && evenRanks) @group(0) @binding(8) var<storage, read> lora: array<vec4f>;
@if(maybeActivate) @group(0) @binding(9) var<storage, read_write> activated: array<Columns>;

/// A segment of this dispatch; of a frozen product, which has none, all of it at rank 0.
@if(lora) fn segmentAt(index: u32) -> Segment {
  // Read before the branch: loads within one are several times the code on some drivers.
  let segment = segments[params.segmentStart + index];
  if (params.isAdapted == 0u) { return Segment(0u, params.rows, 0u, params.cols, 0u, 0u, 0u, 0u, 0.0, 0u, 0u, 0.0); }
  return segment;
}

@if(!evenCols) fn storeOne(row: u32, col: u32, value: f32) {
  let at = row * params.cols + col;
  var sum = value;
  if (params.hasBias != 0u) { sum += bias[col]; }
  @if(!activate) { if (params.hasResidual != 0u) { sum += residual[at]; } }
  y[at] = sum;
  @if(activate && aligned) { activated[at] = activate(vec4f(sum)).x; }
  @if(activate && !aligned) { activated[at] = activate(sum); }
}

@if(!evenCols) fn store4(row: u32, rowEnd: u32, col: u32, colEnd: u32, value: vec4f) {
  if (row < rowEnd && col < colEnd) { storeBiased4(row, col, colEnd, value + bias4(col, colEnd)); }
}

/// The bias of columns col … col + 3, of which those before colEnd count.
fn bias4(col: u32, colEnd: u32) -> vec4f {
  if (params.hasBias == 0u) { return vec4f(); }
  @if(evenCols) { return bias[min(col, colEnd - 4u) / 4u]; }
  @if(!evenCols) {
    let at = min(col + vec4u(0u, 1u, 2u, 3u), vec4u(colEnd - 1u));
    return vec4f(bias[at.x], bias[at.y], bias[at.z], bias[at.w]);
  }
}

/// Columns col … min(col + 4, colEnd) of a row, of sums that began with the bias.
@if(evenCols) fn storeBiased4(row: u32, col: u32, colEnd: u32, value: vec4f) {
  if (col >= colEnd) { return; }
  let at = (row * params.cols + col) / 4u;
  var sums = value;
  @if(!activate) { if (params.hasResidual != 0u) { sums += residual[at]; } }
  y[at] = sums;
  @if(activate) { activated[at] = activate(sums); }
  @if(maybeActivate) { if (params.isActivated != 0u) { activated[at] = activate(sums); } }
}

@if(!evenCols) fn storeBiased4(row: u32, col: u32, colEnd: u32, value: vec4f) {
  let count = min(4u, max(col, colEnd) - col);
  let at = row * params.cols + col;
  var sums = value;
  if (count == 4u) {
    @if(!activate) {
      if (params.hasResidual != 0u) {
        sums += vec4f(residual[at], residual[at + 1u], residual[at + 2u], residual[at + 3u]);
      }
    }
    y[at] = sums.x; y[at + 1u] = sums.y; y[at + 2u] = sums.z; y[at + 3u] = sums.w;
  } else {
    for (var j = 0u; j < count; j++) {
      @if(!activate) { if (params.hasResidual != 0u) { sums[j] += residual[at + j]; } }
      y[at + j] = sums[j];
    }
  }
  // Once for all four.
  @if(activate && aligned) {
    let results = activate(sums);
    for (var j = 0u; j < count; j++) { activated[at + j] = results[j]; }
  }
  @if(activate && !aligned) { for (var j = 0u; j < count; j++) { activated[at + j] = activate(sums[j]); } }
}
