// One chunk of the streaming cross-entropy: folds logits [rows, chunk] of vocabulary rows chunkStart… into each row's
// running state, and leaves exp(logit - maximum so far) in their place for the product that follows.
// state: 4 words a row: maximum, sum of exponentials, logit of the target, the best token so far (exact as f32
// below 2^24; its bits would be a subnormal number, which a GPU may flush to 0)
// rescale: [rows], by which what was summed before this chunk must be multiplied. targets: [rows]
// One workgroup takes `share` rows; chunk is counted in Elements, chunkStart in scalars.
import package::shared::elements::{Elements, indicesFrom, leastOf, mostOf, sumOf};
import package::shared::reduce::{WORKGROUP_SIZE, maxOverWorkgroup, minOverWorkgroup, sumOverWorkgroup};
import package::shared::share::shareOf;

@if(subgroups) enable subgroups;

struct Params { rows: u32, chunk: u32, chunkStart: u32, share: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> targets: array<u32>;
@group(0) @binding(2) var<storage, read_write> logits: array<Elements>;
@group(0) @binding(3) var<storage, read_write> state: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> rescale: array<f32>;

const LOWEST = -3.0e38;
const NOWHERE = 3.0e38;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(num_workgroups) workgroups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let mine = shareOf(workgroup, workgroups, params.share, params.rows);
  let isFirst = params.chunkStart == 0u;
  for (var row = mine.start; row < mine.end; row++) {
    let start = row * params.chunk;
    // The state goes through one invocation only.
    var old = vec4f(LOWEST, 0.0, 0.0, 0.0);
    if (lane == 0u && !isFirst) { old = state[row]; }
    var best = Elements(old.x);
    for (var c = lane; c < params.chunk; c += WORKGROUP_SIZE) { best = max(best, logits[start + c]); }
    let newMax = maxOverWorkgroup(mostOf(best), lane);
    // In another chunk it is no index of this one: the difference then wraps around.
    let targetAt = Elements(f32(targets[row] - params.chunkStart));
    var targetLogits = Elements();
    // Of equal logits the lowest token wins, as argmax has it.
    var bestAt = Elements(NOWHERE);
    var sum = Elements();
    for (var c = lane; c < params.chunk; c += WORKGROUP_SIZE) {
      let logit = logits[start + c];
      let at = indicesFrom(c);
      bestAt = min(bestAt, select(Elements(NOWHERE), at, logit == Elements(newMax)));
      targetLogits += select(Elements(), logit, at == targetAt);
      let power = exp(max(logit - newMax, Elements(-80.0)));
      logits[start + c] = power;
      sum += power;
    }
    let total = sumOverWorkgroup(sumOf(sum), lane);
    let found = minOverWorkgroup(leastOf(bestAt), lane);
    let targetLogit = sumOverWorkgroup(old.z + sumOf(targetLogits), lane);
    if (lane == 0u) {
      let factor = select(exp(max(old.x - newMax, -80.0)), 0.0, isFirst);
      rescale[row] = factor;
      let isBest = isFirst || newMax > old.x;
      state[row] = vec4f(newMax, old.y * factor + total, targetLogit, select(old.w, f32(params.chunkStart) + found, isBest));
    }
  }
}
