// Sums of squares of an adapter's gradients, CHUNK elements a workgroup.
// gradients: flat   blocks: (start, count) of each adapter   partials: [adapters, chunks]
// x: chunks, y: adapters.
import package::shared::reduce::{WORKGROUP_SIZE, sumOverWorkgroup};

const CHUNK = constants::CHUNK;

struct Params { chunks: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> gradients: array<f32>;
@group(0) @binding(2) var<storage, read> blocks: array<vec2u>;
@group(0) @binding(3) var<storage, read_write> partials: array<f32>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) lane: u32) {
  let block = blocks[workgroup.y];
  let end = min(block.y, (workgroup.x + 1u) * u32(CHUNK));
  var squares = 0.0;
  for (var i = workgroup.x * u32(CHUNK) + lane; i < end; i += WORKGROUP_SIZE) {
    let g = gradients[block.x + i];
    squares += g * g;
  }
  let sum = sumOverWorkgroup(squares, lane);
  if (lane == 0u) { partials[workgroup.y * params.chunks + workgroup.x] = sum; }
}
