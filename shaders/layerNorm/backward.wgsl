// LayerNorm backward, of y = n * weight + bias with n = (x - mean) * rstd, for x only (weight and bias are frozen):
// dx += rstd * (dn - mean(dn) - n * mean(dn * n)), dn = dy * weight
// x, dy, dx: [rows, cols]   weight: [cols]   mean, rstd: [rows]
// One workgroup per row.
import package::shared::reduce::{WORKGROUP_SIZE, sumOverWorkgroup};

struct Params { rows: u32, cols: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> weight: array<f32>;
@group(0) @binding(3) var<storage, read> mean: array<f32>;
@group(0) @binding(4) var<storage, read> rstd: array<f32>;
@group(0) @binding(5) var<storage, read> dy: array<f32>;
@group(0) @binding(6) var<storage, read_write> dx: array<f32>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(num_workgroups) workgroups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let row = workgroup.y * workgroups.x + workgroup.x;
  if (row >= params.rows) { return; }
  let start = row * params.cols;
  let center = mean[row];
  let scale = rstd[row];
  var sum = 0.0;
  var products = 0.0;
  for (var c = lane; c < params.cols; c += WORKGROUP_SIZE) {
    let dn = dy[start + c] * weight[c];
    sum += dn;
    products += dn * (x[start + c] - center) * scale;
  }
  let meanDn = sumOverWorkgroup(sum, lane) / f32(params.cols);
  let meanProduct = sumOverWorkgroup(products, lane) / f32(params.cols);
  for (var c = lane; c < params.cols; c += WORKGROUP_SIZE) {
    let n = (x[start + c] - center) * scale;
    dx[start + c] += scale * (dy[start + c] * weight[c] - meanDn - n * meanProduct);
  }
}
