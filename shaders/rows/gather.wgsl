// y[i] = x[index[i]]; a zero row where index[i] is no row of x.   x: [sourceRows, cols]   index: [rows]   y: [rows, cols]
// One workgroup takes `share` rows of y.
import package::shared::elements::Elements;
import package::shared::share::shareOf;

struct Params { rows: u32, cols: u32, sourceRows: u32, share: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<Elements>;
@group(0) @binding(2) var<storage, read> index: array<u32>;
@group(0) @binding(3) var<storage, read_write> y: array<Elements>;

const WORKGROUP_SIZE = constants::WORKGROUP_SIZE;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(num_workgroups) workgroups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let mine = shareOf(workgroup, workgroups, params.share, params.rows);
  for (var row = mine.start; row < mine.end; row++) {
    let source = index[row];
    for (var c = lane; c < params.cols; c += WORKGROUP_SIZE) {
      var value = Elements();
      if (source < params.sourceRows) { value = x[source * params.cols + c]; }
      y[row * params.cols + c] = value;
    }
  }
}
