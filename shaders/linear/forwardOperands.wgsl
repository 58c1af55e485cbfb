// The operands of linear/forward, forwardAny and vector, all but x and the weight, and how a result is stored.
// y, residual, activated: [rows, cols]   bias: [cols]   segments, u, lora: see linear/forward
@if(lora) import package::shared::segments::Segment;
@if(activate) import package::shared::activation::activate;

struct Params { rows: u32, inner: u32, cols: u32, weightStart: u32, weightRows: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;
@if(lora) @group(0) @binding(4) var<storage, read> segments: array<Segment>;
@if(lora) @group(0) @binding(5) var<storage, read> u: array<f32>;
@if(lora) @group(0) @binding(6) var<storage, read> lora: array<f32>;
@if(bias && lora) @group(0) @binding(7) var<storage, read> bias: array<f32>;
@if(bias && !lora) @group(0) @binding(4) var<storage, read> bias: array<f32>;
@if(residual && lora && bias) @group(0) @binding(8) var<storage, read> residual: array<f32>;
@if(residual && lora && !bias) @group(0) @binding(7) var<storage, read> residual: array<f32>;
@if(residual && !lora && bias) @group(0) @binding(5) var<storage, read> residual: array<f32>;
@if(residual && !lora && !bias) @group(0) @binding(4) var<storage, read> residual: array<f32>;
@if(activate && lora && bias) @group(0) @binding(8) var<storage, read_write> activated: array<f32>;
@if(activate && lora && !bias) @group(0) @binding(7) var<storage, read_write> activated: array<f32>;
@if(activate && !lora && bias) @group(0) @binding(5) var<storage, read_write> activated: array<f32>;
@if(activate && !lora && !bias) @group(0) @binding(4) var<storage, read_write> activated: array<f32>;

fn store4(row: u32, rowEnd: u32, col: u32, colEnd: u32, value: vec4f) {
  if (row >= rowEnd) { return; }
  let count = min(4u, max(col, colEnd) - col);
  let at = row * params.cols + col;
  var sums = value;
  for (var j = 0u; j < count; j++) {
    @if(bias) { sums[j] += bias[col + j]; }
    @if(residual) { sums[j] += residual[at + j]; }
    y[at + j] = sums[j];
  }
  @if(activate && aligned) {
    let results = activate(sums);
    for (var j = 0u; j < count; j++) { activated[at + j] = results[j]; }
  }
  @if(activate && !aligned) { for (var j = 0u; j < count; j++) { activated[at + j] = activate(sums[j]); } }
}

fn storeOne(row: u32, col: u32, value: f32) {
  let at = row * params.cols + col;
  var sum = value;
  @if(bias) { sum += bias[col]; }
  @if(residual) { sum += residual[at]; }
  y[at] = sum;
  @if(activate && aligned) { activated[at] = activate(vec4f(sum)).x; }
  @if(activate && !aligned) { activated[at] = activate(sum); }
}
