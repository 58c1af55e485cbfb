// Copies the keys and values of new tokens into their rows of the cache.
// qkv: [rows, stride], keys from kOffset and values from kOffset + cols   cacheRow: [rows]; past cacheRows: no row
// keys, values: [cacheRows, cols]
// One invocation per element.
struct Params { rows: u32, stride: u32, kOffset: u32, cols: u32, cacheRows: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> qkv: array<f32>;
@group(0) @binding(2) var<storage, read> cacheRow: array<u32>;
@group(0) @binding(3) var<storage, read_write> keys: array<f32>;
@group(0) @binding(4) var<storage, read_write> values: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let row = id.y;
  let col = id.x;
  if (col >= params.cols) { return; }
  let to = cacheRow[row];
  if (to >= params.cacheRows) { return; }
  let at = row * params.stride + params.kOffset + col;
  keys[to * params.cols + col] = qkv[at];
  values[to * params.cols + col] = qkv[at + params.cols];
}
