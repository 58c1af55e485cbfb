// The operands of linear/forward, forwardAny and vector, all but x and the weight, and how a result is stored.
// y, residual: [rows, cols]   bias: [cols]   segments, u, lora: see linear/forward
@if(lora) import package::shared::segments::Segment;

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

fn store4(row: u32, rowEnd: u32, col: u32, colEnd: u32, value: vec4f) {
  if (row >= rowEnd) { return; }
  for (var j = 0u; j < 4u; j++) {
    let c = col + j;
    if (c < colEnd) {
      var sum = value[j];
      @if(bias) { sum += bias[c]; }
      @if(residual) { sum += residual[row * params.cols + c]; }
      y[row * params.cols + c] = sum;
    }
  }
}
