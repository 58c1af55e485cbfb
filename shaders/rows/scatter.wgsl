// Backward of rows/gather, y[i] = x[index[i]]: dx[index[i]] = dy[i], skipping what is no row of dx. No index comes twice.
// dy: [rows, cols]   index: [rows]   dx: [targetRows, cols], zeroed before
// One workgroup per row of dy.
struct Params { rows: u32, cols: u32, targetRows: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> dy: array<f32>;
@group(0) @binding(2) var<storage, read> index: array<u32>;
@group(0) @binding(3) var<storage, read_write> dx: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(num_workgroups) workgroups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let row = workgroup.y * workgroups.x + workgroup.x;
  if (row >= params.rows) { return; }
  let to = index[row];
  if (to >= params.targetRows) { return; }
  for (var c = lane; c < params.cols; c += 64u) {
    dx[to * params.cols + c] = dy[row * params.cols + c];
  }
}
