// RMSNorm forward: y = x * rstd * weight, rstd = 1/sqrt(mean(x^2) + eps)
// x, y: [rows, cols]   weight: [cols]   rstd: [rows], kept for backward
// One workgroup per row; a row of more than 65,535 goes to the next slice in y.
import package::shared::reduce::{WORKGROUP_SIZE, sumOverWorkgroup};

struct Params { rows: u32, cols: u32, eps: f32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> weight: array<f32>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;
@group(0) @binding(4) var<storage, read_write> rstd: array<f32>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(num_workgroups) workgroups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let row = workgroup.y * workgroups.x + workgroup.x;
  if (row >= params.rows) { return; }
  let start = row * params.cols;
  var squares = 0.0;
  for (var c = lane; c < params.cols; c += WORKGROUP_SIZE) {
    squares += x[start + c] * x[start + c];
  }
  let scale = 1.0 / sqrt(sumOverWorkgroup(squares, lane) / f32(params.cols) + params.eps);
  for (var c = lane; c < params.cols; c += WORKGROUP_SIZE) {
    y[start + c] = x[start + c] * scale * weight[c];
  }
  if (lane == 0u) { rstd[row] = scale; }
}
