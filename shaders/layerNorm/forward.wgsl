// LayerNorm forward: y = (x - mean) * rstd * weight + bias, rstd = 1/sqrt(mean((x - mean)^2) + eps)
// x, y: [rows, cols]   weight, bias: [cols]   mean, rstd: [rows], kept for backward
// One workgroup takes `share` rows. The variance gets a pass of its own: from a sum of squares it would cancel.
import package::shared::elements::{Elements, WIDTH, sumOf};
import package::shared::reduce::{WORKGROUP_SIZE, sumOverWorkgroup};
import package::shared::share::shareOf;

@if(subgroups) enable subgroups;

struct Params { rows: u32, cols: u32, share: u32, eps: f32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<Elements>;
@group(0) @binding(2) var<storage, read> weight: array<Elements>;
@group(0) @binding(3) var<storage, read> bias: array<Elements>;
@group(0) @binding(4) var<storage, read_write> y: array<Elements>;
@group(0) @binding(5) var<storage, read_write> mean: array<f32>;
@group(0) @binding(6) var<storage, read_write> rstd: array<f32>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(num_workgroups) workgroups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let mine = shareOf(workgroup, workgroups, params.share, params.rows);
  let count = f32(WIDTH * params.cols);
  for (var row = mine.start; row < mine.end; row++) {
    let start = row * params.cols;
    var sum = Elements();
    for (var c = lane; c < params.cols; c += WORKGROUP_SIZE) { sum += x[start + c]; }
    let center = sumOverWorkgroup(sumOf(sum), lane) / count;
    var squares = Elements();
    for (var c = lane; c < params.cols; c += WORKGROUP_SIZE) {
      let offset = x[start + c] - center;
      squares += offset * offset;
    }
    let scale = 1.0 / sqrt(sumOverWorkgroup(sumOf(squares), lane) / count + params.eps);
    for (var c = lane; c < params.cols; c += WORKGROUP_SIZE) {
      y[start + c] = (x[start + c] - center) * scale * weight[c] + bias[c];
    }
    if (lane == 0u) {
      mean[row] = center;
      rstd[row] = scale;
    }
  }
}
