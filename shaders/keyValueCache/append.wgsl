// Copies the keys and values of new tokens into their rows of the cache.
// qkv: [rows, stride], keys from kOffset and values from kOffset + cols   cacheRow: [rows]; past cacheRows: no row
// keys, values: [cacheRows, cols]
// One workgroup takes `share` rows.
import package::shared::elements::Elements;
import package::shared::share::shareOf;

struct Params { rows: u32, stride: u32, kOffset: u32, cols: u32, cacheRows: u32, share: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> qkv: array<Elements>;
@group(0) @binding(2) var<storage, read> cacheRow: array<u32>;
@group(0) @binding(3) var<storage, read_write> keys: array<Elements>;
@group(0) @binding(4) var<storage, read_write> values: array<Elements>;

const WORKGROUP_SIZE = constants::WORKGROUP_SIZE;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(num_workgroups) workgroups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let mine = shareOf(workgroup, workgroups, params.share, params.rows);
  for (var row = mine.start; row < mine.end; row++) {
    let to = cacheRow[row];
    if (to >= params.cacheRows) { continue; }
    let at = row * params.stride + params.kOffset;
    for (var c = lane; c < params.cols; c += WORKGROUP_SIZE) {
      keys[to * params.cols + c] = qkv[at + c];
      values[to * params.cols + c] = qkv[at + params.cols + c];
    }
  }
}
