// Sums of squares of an adapter's gradients, `share` Elements a workgroup.
// gradients: flat   blocks: (start, count) of each adapter, start a multiple of 4   partials: [adapters, chunks]
// x: chunks, y: adapters.
import package::optimizer::block::{isInBlock, elementsOf};
import package::shared::elements::{Elements, WIDTH, sumOf};
import package::shared::reduce::{WORKGROUP_SIZE, sumOverWorkgroup};

@if(subgroups) enable subgroups;

struct Params { chunks: u32, share: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> gradients: array<Elements>;
@group(0) @binding(2) var<storage, read> blocks: array<vec2u>;
@group(0) @binding(3) var<storage, read_write> partials: array<f32>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) lane: u32) {
  let block = blocks[workgroup.y];
  let end = min(elementsOf(block), (workgroup.x + 1u) * params.share);
  var squares = Elements();
  for (var i = workgroup.x * params.share + lane; i < end; i += WORKGROUP_SIZE) {
    let g = select(Elements(), gradients[block.x / WIDTH + i], isInBlock(i, block));
    squares += g * g;
  }
  let sum = sumOverWorkgroup(sumOf(squares), lane);
  if (lane == 0u) { partials[workgroup.y * params.chunks + workgroup.x] = sum; }
}
