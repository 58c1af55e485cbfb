// AdamW (Loshchilov & Hutter 2019, arXiv 1711.05101, algorithm 2) in the order of torch.optim.AdamW:
// p *= 1 - lr·decay;  m += (1 - beta1)(g - m);  v = beta2·v + (1 - beta2)·g²;  p -= lr/bias1 · m / (sqrt(v)/rootBias2 + eps)
// parameters, gradients, first and second moments: flat   blocks: (start, count) of each adapter, start a multiple of 4
// One workgroup takes `share` Elements. x, z: Elements of the adapter, y: adapters.
import package::optimizer::block::{isInBlock, elementsOf};
import package::shared::elements::{Elements, WIDTH};
import package::shared::results::Result;
import package::shared::step::{StepHeader, AdapterStep};

// 1 - beta is taken in f64: of 0.999 in f32 it would be off by 1e-5 of itself.
struct Params { beta2: f32, oneMinusBeta1: f32, oneMinusBeta2: f32, eps: f32, share: u32 }
struct Step { header: StepHeader, adapters: array<AdapterStep> }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> gradients: array<Elements>;
@group(0) @binding(2) var<storage, read> blocks: array<vec2u>;
@group(0) @binding(3) var<storage, read> step: Step;
@group(0) @binding(4) var<storage, read> results: array<Result>;
@group(0) @binding(5) var<storage, read_write> parameters: array<Elements>;
@group(0) @binding(6) var<storage, read_write> first: array<Elements>;
@group(0) @binding(7) var<storage, read_write> second: array<Elements>;

const WORKGROUP_SIZE = constants::WORKGROUP_SIZE;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(num_workgroups) workgroups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let adapter = workgroup.y;
  if (results[adapter].isStopped == 1u) { return; }
  let block = blocks[adapter];
  let now = step.adapters[adapter];
  let kept = 1.0 - now.learningRate * now.weightDecay;
  let rate = now.learningRate / now.biasCorrection1;
  let scale = results[adapter].clipScale;
  let start = (workgroup.z * workgroups.x + workgroup.x) * params.share;
  let end = min(elementsOf(block), start + params.share);
  for (var i = start + lane; i < end; i += WORKGROUP_SIZE) {
    let at = block.x / WIDTH + i;
    let isMine = isInBlock(i, block);
    let oldM = first[at];
    let oldV = second[at];
    let oldP = parameters[at];
    let g = gradients[at] * scale;
    let m = oldM + params.oneMinusBeta1 * (g - oldM);
    let v = params.beta2 * oldV + params.oneMinusBeta2 * g * g;
    let p = oldP * kept - rate * m / (sqrt(v) / now.biasCorrection2Root + params.eps);
    first[at] = select(oldM, m, isMine);
    second[at] = select(oldV, v, isMine);
    parameters[at] = select(oldP, p, isMine);
  }
}
