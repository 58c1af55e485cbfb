// RMSNorm forward: y = x * rstd * weight, rstd = 1/sqrt(mean(x^2) + eps)
// x, y: [rows, cols]   weight: [cols]   rstd: [rows], kept for backward
// One workgroup takes `share` rows.
import package::shared::elements::{Elements, WIDTH, sumOf};
import package::shared::reduce::{WORKGROUP_SIZE, sumOverWorkgroup};
import package::shared::share::shareOf;

@if(subgroups) enable subgroups;

struct Params { rows: u32, cols: u32, share: u32, eps: f32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<Elements>;
@group(0) @binding(2) var<storage, read> weight: array<Elements>;
@group(0) @binding(3) var<storage, read_write> y: array<Elements>;
@group(0) @binding(4) var<storage, read_write> rstd: array<f32>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(num_workgroups) workgroups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let mine = shareOf(workgroup, workgroups, params.share, params.rows);
  for (var row = mine.start; row < mine.end; row++) {
    let start = row * params.cols;
    var squares = Elements();
    for (var c = lane; c < params.cols; c += WORKGROUP_SIZE) { squares += x[start + c] * x[start + c]; }
    let mean = sumOverWorkgroup(sumOf(squares), lane) / f32(WIDTH * params.cols);
    let scale = 1.0 / sqrt(mean + params.eps);
    for (var c = lane; c < params.cols; c += WORKGROUP_SIZE) { y[start + c] = x[start + c] * scale * weight[c]; }
    if (lane == 0u) { rstd[row] = scale; }
  }
}
