// SGD with momentum in the order of torch.optim.SGD (no dampening, no Nesterov):
// g += decay·p;  m = momentum·m + g (m = g on the first step);  p -= lr·m
// parameters, gradients, momentum: flat   blocks: (start, count) of each adapter
// x, z: elements of the adapter, y: adapters.
import package::shared::results::Result;
import package::shared::step::{StepHeader, AdapterStep};

struct Params { momentum: f32 }
struct Step { header: StepHeader, adapters: array<AdapterStep> }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> gradients: array<f32>;
@group(0) @binding(2) var<storage, read> blocks: array<vec2u>;
@group(0) @binding(3) var<storage, read> step: Step;
@group(0) @binding(4) var<storage, read> results: array<Result>;
@group(0) @binding(5) var<storage, read_write> parameters: array<f32>;
@group(0) @binding(6) var<storage, read_write> velocity: array<f32>;

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(num_workgroups) workgroups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let adapter = workgroup.y;
  let i = (workgroup.z * workgroups.x + workgroup.x) * 256u + lane;
  let block = blocks[adapter];
  if (i >= block.y || results[adapter].isStopped == 1u) { return; }
  let now = step.adapters[adapter];
  let at = block.x + i;
  let g = gradients[at] * results[adapter].clipScale + now.weightDecay * parameters[at];
  let m = select(params.momentum * velocity[at] + g, g, now.biasCorrection1 == 1.0);
  velocity[at] = m;
  parameters[at] -= now.learningRate * m;
}
