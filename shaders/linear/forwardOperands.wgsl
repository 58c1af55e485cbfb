// The operands of every linear/forward…, all but x and the weight, and how a result is stored. Bias and residual are told
// by flags, not by conditions: a kernel takes some drivers a second to compile, and what is absent costs next to nothing.
// y, residual, activated: [rows, cols]   bias: [cols]   segments, u, lora: see linear/forward
@if(lora) import package::shared::segments::Segment;
@if(activate) import package::shared::activation::activate;

// tileStart, segmentStart: the first tile of rows and the first segment of this dispatch, where a product is cut into several.
struct Params {
  rows: u32, inner: u32, cols: u32, weightStart: u32, weightRows: u32,
  hasBias: u32, hasResidual: u32, isAdapted: u32, tileStart: u32, segmentStart: u32,
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

/// A segment of this dispatch; of a frozen product, which has none, all of it at rank 0.
@if(lora) fn segmentAt(index: u32) -> Segment {
  // Read before the branch: loads within one are several times the code on some drivers.
  let segment = segments[params.segmentStart + index];
  if (params.isAdapted == 0u) { return Segment(0u, params.rows, 0u, params.cols, 0u, 0u, 0u, 0u, 0.0, 0u, 0u, 0.0); }
  return segment;
}

@if(!evenCols) fn withExtras(at: u32, col: u32, value: f32) -> f32 {
  var sum = value;
  if (params.hasBias != 0u) { sum += bias[col]; }
  @if(!activate) { if (params.hasResidual != 0u) { sum += residual[at]; } }
  return sum;
}

@if(!evenCols) fn store4(row: u32, rowEnd: u32, col: u32, colEnd: u32, value: vec4f) {
  if (row >= rowEnd) { return; }
  let count = min(4u, max(col, colEnd) - col);
  for (var j = 0u; j < count; j++) { storeOne(row, col + j, value[j]); }
}

@if(!evenCols) fn storeOne(row: u32, col: u32, value: f32) {
  let at = row * params.cols + col;
  store(at, withExtras(at, col, value));
}

@if(!evenCols) fn store(at: u32, sum: f32) {
  y[at] = sum;
  @if(activate && aligned) { activated[at] = activate(vec4f(sum)).x; }
  @if(activate && !aligned) { activated[at] = activate(sum); }
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
fn storeBiased4(row: u32, col: u32, colEnd: u32, value: vec4f) {
  @if(evenCols) {
    if (col >= colEnd) { return; }
    let at = (row * params.cols + col) / 4u;
    var sums = value;
    @if(!activate) { if (params.hasResidual != 0u) { sums += residual[at]; } }
    y[at] = sums;
    @if(activate) { activated[at] = activate(sums); }
  }
  @if(!evenCols) {
    for (var j = 0u; j < min(4u, max(col, colEnd) - col); j++) {
      let at = row * params.cols + col + j;
      var sum = value[j];
      @if(!activate) { if (params.hasResidual != 0u) { sum += residual[at]; } }
      store(at, sum);
    }
  }
}
