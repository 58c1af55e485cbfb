// rows/gather for two tensors at once, by the same index: y1[i] = x1[index[i]], y2[i] = x2[index[i]], or zero rows.
// x1: [sourceRows, cols1]   x2: [sourceRows, cols2]   index: [rows]   y1: [rows, cols1]   y2: [rows, cols2]
// One workgroup takes `share` rows.
import package::shared::elements::Elements;
import package::shared::share::shareOf;

struct Params { rows: u32, cols1: u32, cols2: u32, sourceRows: u32, share: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x1: array<Elements>;
@group(0) @binding(2) var<storage, read> x2: array<Elements>;
@group(0) @binding(3) var<storage, read> index: array<u32>;
@group(0) @binding(4) var<storage, read_write> y1: array<Elements>;
@group(0) @binding(5) var<storage, read_write> y2: array<Elements>;

const WORKGROUP_SIZE = constants::WORKGROUP_SIZE;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(num_workgroups) workgroups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let mine = shareOf(workgroup, workgroups, params.share, params.rows);
  for (var row = mine.start; row < mine.end; row++) {
    let source = index[row];
    let isRow = source < params.sourceRows;
    for (var c = lane; c < params.cols1; c += WORKGROUP_SIZE) {
      var value = Elements();
      if (isRow) { value = x1[source * params.cols1 + c]; }
      y1[row * params.cols1 + c] = value;
    }
    for (var c = lane; c < params.cols2; c += WORKGROUP_SIZE) {
      var value = Elements();
      if (isRow) { value = x2[source * params.cols2 + c]; }
      y2[row * params.cols2 + c] = value;
    }
  }
}
