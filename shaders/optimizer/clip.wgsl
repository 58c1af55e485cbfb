// Each adapter's global gradient norm and the factor that clips it: min(1, clip / (norm + 1e-6)), as torch's
// clip_grad_norm_. A norm that is not finite marks the adapter: the update leaves it as it is.
// partials: [adapters, chunks] of optimizer/partialNorm   One workgroup per adapter.
import package::shared::reduce::{WORKGROUP_SIZE, sumOverWorkgroup};
import package::shared::results::{Result, hasFiniteBits};
import package::shared::step::{StepHeader, AdapterStep};

@if(subgroups) enable subgroups;

struct Params { chunks: u32 }
struct Step { header: StepHeader, adapters: array<AdapterStep> }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> partials: array<f32>;
@group(0) @binding(2) var<storage, read> step: Step;
@group(0) @binding(3) var<storage, read_write> results: array<Result>;

// A compiler may take what it computed itself for finite (Metal's fast math does), whatever is made of the bits afterwards.
// It knows nothing of what comes out of workgroup memory after a barrier.
var<workgroup> sumBits: u32;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) lane: u32) {
  let adapter = workgroup.x;
  var squares = 0.0;
  for (var i = lane; i < params.chunks; i += WORKGROUP_SIZE) { squares += partials[adapter * params.chunks + i]; }
  let sum = sumOverWorkgroup(squares, lane);
  if (lane == 0u) { sumBits = bitcast<u32>(sum); }
  workgroupBarrier();
  if (lane == 0u) {
    let norm = sqrt(sum);
    let clip = step.adapters[adapter].clip;
    results[adapter].gradientNorm = norm;
    results[adapter].clipScale = select(1.0, min(1.0, clip / (norm + 1e-6)), clip > 0.0);
    let isFinite = hasFiniteBits(sumBits) && hasFiniteBits(bitcast<u32>(results[adapter].lossSum));
    results[adapter].isFinite = select(0u, 1u, isFinite);
    if (!isFinite) { results[adapter].isStopped = 1u; }
  }
}
