// The operands of linear/backward and backwardAny, all but dy and the weight; dropout's mask; how a result is stored.
// dx: [rows, inner]   segments, v, lora, step, scale: see linear/backward
@if(lora) import package::shared::segments::Segment;
@if(dropout) import package::shared::random::dropoutScale4;
@if(dropout) import package::shared::step::StepHeader;

// tileStart, groupStart: the first tile of rows and the first group of this dispatch, where a product is cut into several.
struct Params {
  rows: u32, inner: u32, cols: u32, weightStart: u32, weightRows: u32, columnBlocks: u32, tileStart: u32, groupStart: u32,
}
@group(0) @binding(0) var<uniform> params: Params;
// As vectors where inner is a multiple of 4 and so are all first columns (`evenCols`).
@if(evenCols) @group(0) @binding(3) var<storage, read_write> dx: array<vec4f>;
@if(!evenCols) @group(0) @binding(3) var<storage, read_write> dx: array<f32>;
@if(rescale) @group(0) @binding(4) var<storage, read> scale: array<f32>;
@if(lora) @group(0) @binding(4) var<storage, read> segments: array<Segment>;
@if(lora && !evenRanks) @group(0) @binding(5) var<storage, read> v: array<f32>;
// Where every rank and start is a multiple of 4.
@if(lora && evenRanks) @group(0) @binding(5) var<storage, read> v: array<vec4f>;
@if(lora && !evenFactors) @group(0) @binding(6) var<storage, read> lora: array<f32>;
// Where every A starts at a multiple of 4.
@if(lora && evenFactors) @group(0) @binding(6) var<storage, read> lora: array<vec4f>;
@if(dropout) @group(0) @binding(7) var<storage, read> step: StepHeader;

@if(evenCols) fn store4(row: u32, rowEnd: u32, col: u32, value: vec4f) {
  if (row >= rowEnd || col >= params.inner) { return; }
  let at = (row * params.inner + col) / 4u;
  var sums = value;
  @if(accumulate && !rescale) { sums += dx[at]; }
  @if(rescale) { sums += scale[row] * dx[at]; }
  dx[at] = sums;
}

@if(!evenCols) fn store4(row: u32, rowEnd: u32, col: u32, value: vec4f) {
  if (row >= rowEnd) { return; }
  let at = row * params.inner + col;
  var sums = value;
  var count = 4u;
  if (col + 4u > params.inner) { count = max(col, params.inner) - col; }
  @if(accumulate || rescale) {
    var factor = 1.0;
    @if(rescale) { factor = scale[row]; }
    for (var j = 0u; j < count; j++) { sums[j] += factor * dx[at + j]; }
  }
  if (count == 4u) {
    dx[at] = sums.x; dx[at + 1u] = sums.y; dx[at + 2u] = sums.z; dx[at + 3u] = sums.w;
  } else {
    for (var j = 0u; j < count; j++) { dx[at + j] = sums[j]; }
  }
}

@if(dropout) fn mask4(segment: Segment, row: u32, col: u32) -> vec4f {
  return dropoutScale4(row * params.inner + col, segment.stream, step.dropoutSeed, segment.dropBelow, segment.keepScale);
}
