// Row lookup: y[m] = table[ids[m]] (add: y[m] += …), for ids inside this part of the table; other rows are left alone.
// table (linear/weight's): [partRows, cols], rows rowStart… of the whole   ids: [rows]   y: [rows, cols]
// One workgroup per row; one invocation per four elements where cols is a multiple of 4 (`aligned`), else per element.
@if(aligned) import package::linear::weight::weight4;
@if(!aligned) import package::linear::weight::weightAt;

struct Params { rows: u32, cols: u32, rowStart: u32, partRows: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> ids: array<u32>;
@if(aligned) @group(0) @binding(3) var<storage, read_write> y: array<vec4f>;
@if(!aligned) @group(0) @binding(3) var<storage, read_write> y: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(num_workgroups) workgroups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let row = workgroup.y * workgroups.x + workgroup.x;
  if (row >= params.rows) { return; }
  // Below rowStart this wraps round to a large number, which is out of range as well.
  let at = ids[row] - params.rowStart;
  if (at >= params.partRows) { return; }
  @if(aligned) let loads = params.cols / 4u;
  @if(!aligned) let loads = params.cols;
  for (var c = lane; c < loads; c += 64u) {
    @if(aligned) let value = weight4(at * loads + c);
    @if(!aligned) let value = weightAt(at * loads + c);
    @if(add) { y[row * loads + c] += value; }
    @if(!add) { y[row * loads + c] = value; }
  }
}
