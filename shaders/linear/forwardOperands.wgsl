// The operands of every linear/forward…, all but x and the weight, and how a result is stored. Bias and residual are told
// by flags, not by conditions: a kernel takes some drivers a second to compile, and what is absent costs next to nothing.
// y, residual, activated: [rows, cols]   bias: [cols]   segments, u, lora: see linear/forward
@if(lora) import package::shared::segments::Segment;
@if(activate) import package::shared::activation::activate;

// tileStart: the first tile of rows of this dispatch, where a large product is cut into several.
struct Params { rows: u32, inner: u32, cols: u32, weightStart: u32, weightRows: u32, hasBias: u32, hasResidual: u32, isAdapted: u32, tileStart: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;
// Some other tensor where there is none.
@group(0) @binding(4) var<storage, read> bias: array<f32>;
@if(!activate) @group(0) @binding(5) var<storage, read> residual: array<f32>;
@if(activate) @group(0) @binding(5) var<storage, read_write> activated: array<f32>;
@if(lora) @group(0) @binding(6) var<storage, read> segments: array<Segment>;
@if(lora && !evenRanks) @group(0) @binding(7) var<storage, read> u: array<f32>;
@if(lora && !evenRanks) @group(0) @binding(8) var<storage, read> lora: array<f32>;
// Where every rank and start is a multiple of 4.
@if(lora && evenRanks) @group(0) @binding(7) var<storage, read> u: array<vec4f>;
@if(lora && evenRanks) @group(0) @binding(8) var<storage, read> lora: array<vec4f>;

/// A segment of the group table; of a frozen product, which has none, all of it at rank 0.
@if(lora) fn segmentAt(index: u32) -> Segment {
  if (params.isAdapted == 0u) { return Segment(0u, params.rows, 0u, params.cols, 0u, 0u, 0u, 0u, 0.0, 0u, 0u, 0.0); }
  return segments[index];
}

fn withExtras(at: u32, col: u32, value: f32) -> f32 {
  var sum = value;
  if (params.hasBias != 0u) { sum += bias[col]; }
  @if(!activate) { if (params.hasResidual != 0u) { sum += residual[at]; } }
  return sum;
}

fn store4(row: u32, rowEnd: u32, col: u32, colEnd: u32, value: vec4f) {
  var sums = value;
  if (params.hasBias != 0u) {
    for (var j = 0u; j < min(4u, max(col, colEnd) - col); j++) { sums[j] += bias[col + j]; }
  }
  storeBiased4(row, rowEnd, col, colEnd, sums);
}

/// As store4, of sums that began with the bias.
fn storeBiased4(row: u32, rowEnd: u32, col: u32, colEnd: u32, value: vec4f) {
  if (row >= rowEnd) { return; }
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
  @if(activate && aligned) {
    let results = activate(sums);
    for (var j = 0u; j < count; j++) { activated[at + j] = results[j]; }
  }
  @if(activate && !aligned) { for (var j = 0u; j < count; j++) { activated[at + j] = activate(sums[j]); } }
}

fn storeOne(row: u32, col: u32, value: f32) {
  let at = row * params.cols + col;
  let sum = withExtras(at, col, value);
  y[at] = sum;
  @if(activate && aligned) { activated[at] = activate(vec4f(sum)).x; }
  @if(activate && !aligned) { activated[at] = activate(sum); }
}
