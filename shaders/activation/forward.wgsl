// Activation forward: y = act(x), the function chosen by a condition (see shared/activation).   x, y: [count]
// One invocation per element.
import package::shared::activation::activate;

struct Params { count: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(num_workgroups) workgroups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let i = (workgroup.y * workgroups.x + workgroup.x) * 256u + lane;
  if (i < params.count) { y[i] = activate(x[i]); }
}
