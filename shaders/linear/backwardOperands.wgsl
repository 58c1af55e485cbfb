// The operands of linear/backward and backwardAny, all but dy and the weight; dropout's mask; how a result is stored.
// dx: [rows, inner]   segments, v, lora, step, scale: see linear/backward
@if(lora) import package::shared::segments::Segment;
@if(dropout) import package::shared::random::dropoutScale;
@if(dropout) import package::shared::step::StepHeader;

// tileStart: the first tile of rows of this dispatch, where a large product is cut into several.
struct Params { rows: u32, inner: u32, cols: u32, weightStart: u32, weightRows: u32, columnBlocks: u32, tileStart: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(3) var<storage, read_write> dx: array<f32>;
@if(rescale) @group(0) @binding(4) var<storage, read> scale: array<f32>;
@if(lora) @group(0) @binding(4) var<storage, read> segments: array<Segment>;
@if(lora && !evenRanks) @group(0) @binding(5) var<storage, read> v: array<f32>;
@if(lora && !evenRanks) @group(0) @binding(6) var<storage, read> lora: array<f32>;
// Where every rank and start is a multiple of 4.
@if(lora && evenRanks) @group(0) @binding(5) var<storage, read> v: array<vec4f>;
@if(lora && evenRanks) @group(0) @binding(6) var<storage, read> lora: array<vec4f>;
@if(dropout) @group(0) @binding(7) var<storage, read> step: StepHeader;

fn store4(row: u32, rowEnd: u32, col: u32, value: vec4f) {
  if (row >= rowEnd) { return; }
  for (var j = 0u; j < 4u; j++) {
    let c = col + j;
    if (c < params.inner) {
      var sum = value[j];
      let at = row * params.inner + c;
      @if(accumulate) { sum += dx[at]; }
      @if(rescale) { sum += scale[row] * dx[at]; }
      dx[at] = sum;
    }
  }
}

@if(dropout) fn mask4(segment: Segment, row: u32, col: u32) -> vec4f {
  let at = row * params.inner + col;
  let d = segment.dropBelow;
  let s = segment.keepScale;
  return vec4f(
    dropoutScale(at, segment.stream, step.dropoutSeed, d, s), dropoutScale(at + 1u, segment.stream, step.dropoutSeed, d, s),
    dropoutScale(at + 2u, segment.stream, step.dropoutSeed, d, s), dropoutScale(at + 3u, segment.stream, step.dropoutSeed, d, s));
}
