// Backward of rows/gather, y[i] = x[index[i]]: dx[index[i]] = dy[i], skipping what is no row of dx. No index comes twice.
// dy: [rows, cols]   index: [rows]   dx: [targetRows, cols], zeroed before
// One workgroup takes `share` rows of dy.
import package::shared::elements::Elements;
import package::shared::share::shareOf;

struct Params { rows: u32, cols: u32, targetRows: u32, share: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> dy: array<Elements>;
@group(0) @binding(2) var<storage, read> index: array<u32>;
@group(0) @binding(3) var<storage, read_write> dx: array<Elements>;

const WORKGROUP_SIZE = constants::WORKGROUP_SIZE;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(num_workgroups) workgroups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let mine = shareOf(workgroup, workgroups, params.share, params.rows);
  for (var row = mine.start; row < mine.end; row++) {
    let to = index[row];
    if (to >= params.targetRows) { continue; }
    for (var c = lane; c < params.cols; c += WORKGROUP_SIZE) {
      dx[to * params.cols + c] = dy[row * params.cols + c];
    }
  }
}
