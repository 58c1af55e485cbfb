// y[i] = x[index[i]]; a zero row where index[i] is no row of x.   x: [sourceRows, cols]   index: [rows]   y: [rows, cols]
// One workgroup per row of y.
struct Params { rows: u32, cols: u32, sourceRows: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> index: array<u32>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(num_workgroups) workgroups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let row = workgroup.y * workgroups.x + workgroup.x;
  if (row >= params.rows) { return; }
  let source = index[row];
  for (var c = lane; c < params.cols; c += 64u) {
    var value = 0.0;
    if (source < params.sourceRows) { value = x[source * params.cols + c]; }
    y[row * params.cols + c] = value;
  }
}
