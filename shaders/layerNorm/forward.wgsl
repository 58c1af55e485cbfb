// LayerNorm forward: y = (x - mean) * rstd * weight + bias, rstd = 1/sqrt(mean((x - mean)^2) + eps)
// x, y: [rows, cols]   weight, bias: [cols]   mean, rstd: [rows], kept for backward
// One workgroup per row.
import package::shared::reduce::{WORKGROUP_SIZE, sumOverWorkgroup};

struct Params { rows: u32, cols: u32, eps: f32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> weight: array<f32>;
@group(0) @binding(3) var<storage, read> bias: array<f32>;
@group(0) @binding(4) var<storage, read_write> y: array<f32>;
@group(0) @binding(5) var<storage, read_write> mean: array<f32>;
@group(0) @binding(6) var<storage, read_write> rstd: array<f32>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(num_workgroups) workgroups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let row = workgroup.y * workgroups.x + workgroup.x;
  if (row >= params.rows) { return; }
  let start = row * params.cols;
  var sum = 0.0;
  for (var c = lane; c < params.cols; c += WORKGROUP_SIZE) { sum += x[start + c]; }
  let center = sumOverWorkgroup(sum, lane) / f32(params.cols);
  var squares = 0.0;
  for (var c = lane; c < params.cols; c += WORKGROUP_SIZE) {
    let offset = x[start + c] - center;
    squares += offset * offset;
  }
  let scale = 1.0 / sqrt(sumOverWorkgroup(squares, lane) / f32(params.cols) + params.eps);
  for (var c = lane; c < params.cols; c += WORKGROUP_SIZE) {
    y[start + c] = (x[start + c] - center) * scale * weight[c] + bias[c];
  }
  if (lane == 0u) {
    mean[row] = center;
    rstd[row] = scale;
  }
}
