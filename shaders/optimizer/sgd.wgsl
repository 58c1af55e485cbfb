// SGD with momentum in the order of torch.optim.SGD (no dampening, no Nesterov):
// g += decay·p;  m = momentum·m + g (m = g on the first step);  p -= lr·m
// parameters, gradients, momentum: flat   blocks: (start, count) of each adapter, start a multiple of 4
// One workgroup takes `share` Elements. x, z: Elements of the adapter, y: adapters.
import package::optimizer::block::{isInBlock, elementsOf};
import package::shared::elements::{Elements, WIDTH};
import package::shared::results::Result;
import package::shared::step::{StepHeader, AdapterStep};

struct Params { momentum: f32, share: u32 }
struct Step { header: StepHeader, adapters: array<AdapterStep> }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> gradients: array<Elements>;
@group(0) @binding(2) var<storage, read> blocks: array<vec2u>;
@group(0) @binding(3) var<storage, read> step: Step;
@group(0) @binding(4) var<storage, read> results: array<Result>;
@group(0) @binding(5) var<storage, read_write> parameters: array<Elements>;
@group(0) @binding(6) var<storage, read_write> velocity: array<Elements>;

const WORKGROUP_SIZE = constants::WORKGROUP_SIZE;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(num_workgroups) workgroups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let adapter = workgroup.y;
  if (results[adapter].isStopped == 1u) { return; }
  let block = blocks[adapter];
  let now = step.adapters[adapter];
  let isFirst = now.biasCorrection1 == 1.0;
  let scale = results[adapter].clipScale;
  let start = (workgroup.z * workgroups.x + workgroup.x) * params.share;
  let end = min(elementsOf(block), start + params.share);
  for (var i = start + lane; i < end; i += WORKGROUP_SIZE) {
    let at = block.x / WIDTH + i;
    let isMine = isInBlock(i, block);
    let oldM = velocity[at];
    let oldP = parameters[at];
    let g = gradients[at] * scale + now.weightDecay * oldP;
    let m = select(params.momentum * oldM + g, g, isFirst);
    velocity[at] = select(oldM, m, isMine);
    parameters[at] = select(oldP, oldP - now.learningRate * m, isMine);
  }
}
