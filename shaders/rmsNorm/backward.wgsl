// RMSNorm backward, of y = x * rstd * weight, for x only (the weight is frozen):
// dx [+]= rstd * (dy*weight - x * rstd^2 * mean(dy*weight*x))
// x, dy, dx: [rows, cols]   weight: [cols]   rstd: [rows]   adds: 1, or 0 where dx is overwritten
// One workgroup takes `share` rows.
import package::shared::elements::{Elements, WIDTH, sumOf};
import package::shared::reduce::{WORKGROUP_SIZE, sumOverWorkgroup};
import package::shared::share::shareOf;

@if(subgroups) enable subgroups;

struct Params { rows: u32, cols: u32, share: u32, adds: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<Elements>;
@group(0) @binding(2) var<storage, read> weight: array<Elements>;
@group(0) @binding(3) var<storage, read> rstd: array<f32>;
@group(0) @binding(4) var<storage, read> dy: array<Elements>;
@group(0) @binding(5) var<storage, read_write> dx: array<Elements>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(num_workgroups) workgroups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let mine = shareOf(workgroup, workgroups, params.share, params.rows);
  for (var row = mine.start; row < mine.end; row++) {
    let start = row * params.cols;
    var products = Elements();
    for (var c = lane; c < params.cols; c += WORKGROUP_SIZE) { products += dy[start + c] * weight[c] * x[start + c]; }
    let scale = rstd[row];
    let slope = scale * scale * sumOverWorkgroup(sumOf(products), lane) / f32(WIDTH * params.cols);
    for (var c = lane; c < params.cols; c += WORKGROUP_SIZE) {
      let before = select(Elements(), dx[start + c], params.adds == 1u);
      dx[start + c] = before + scale * (dy[start + c] * weight[c] - x[start + c] * slope);
    }
  }
}
