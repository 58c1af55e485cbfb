// Activation forward: y = act(x), the function chosen by a condition (see shared/activation).   x, y: [count]
// One workgroup takes `share` of the count.
import package::shared::activation::activate;
import package::shared::elements::Elements;
import package::shared::share::shareOf;

struct Params { count: u32, share: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<Elements>;
@group(0) @binding(2) var<storage, read_write> y: array<Elements>;

const WORKGROUP_SIZE = constants::WORKGROUP_SIZE;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(num_workgroups) workgroups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let mine = shareOf(workgroup, workgroups, params.share, params.count);
  for (var i = mine.start + lane; i < mine.end; i += WORKGROUP_SIZE) { y[i] = activate(x[i]); }
}
