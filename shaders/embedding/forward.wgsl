// Row lookup: y[m] = table[ids[m]] (adds is 1: y[m] += …), for ids inside this part of the table; other rows are left alone.
// table (linear/weight's): [partRows, cols], rows rowStart… of the whole   ids: [rows]   y: [rows, cols]
// One workgroup takes `share` rows, its invocations four elements each where cols is a multiple of 4 (`aligned`), else one.
@if(aligned) import package::linear::weight::weight4;
@if(!aligned) import package::linear::weight::weightAt;
import package::shared::share::shareOf;

struct Params { rows: u32, cols: u32, rowStart: u32, partRows: u32, share: u32, adds: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> ids: array<u32>;
@if(aligned) alias Loaded = vec4f;
@else alias Loaded = f32;
@group(0) @binding(3) var<storage, read_write> y: array<Loaded>;

const WORKGROUP_SIZE = constants::WORKGROUP_SIZE;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(num_workgroups) workgroups: vec3u, @builtin(local_invocation_index) lane: u32) {
  @if(aligned) let loads = params.cols / 4u;
  @if(!aligned) let loads = params.cols;
  let mine = shareOf(workgroup, workgroups, params.share, params.rows);
  for (var row = mine.start; row < mine.end; row++) {
    // Below rowStart this wraps round to a large number, which is out of range as well.
    let at = ids[row] - params.rowStart;
    if (at < params.partRows) {
      for (var c = lane; c < loads; c += WORKGROUP_SIZE) {
        @if(aligned) let value = weight4(at * loads + c);
        @if(!aligned) let value = weightAt(at * loads + c);
        let before = y[row * loads + c];
        y[row * loads + c] = value + select(Loaded(), before, params.adds == 1u);
      }
    }
  }
}
