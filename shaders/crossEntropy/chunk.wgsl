// One chunk of the streaming cross-entropy: folds logits [rows, chunk] of vocabulary rows chunkStart… into each row's
// running state, and leaves exp(logit - maximum so far) in their place for the product that follows.
// state: 4 words a row: maximum, sum of exponentials, logit of the target, the best token so far (exact as f32
// below 2^24; its bits would be a subnormal number, which a GPU may flush to 0)
// rescale: [rows], by which what was summed before this chunk must be multiplied. targets: [rows]
// One workgroup per row.
import package::shared::reduce::{WORKGROUP_SIZE, sumOverWorkgroup, maxOverWorkgroup};

struct Params { rows: u32, chunk: u32, chunkStart: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> targets: array<u32>;
@group(0) @binding(2) var<storage, read_write> logits: array<f32>;
@group(0) @binding(3) var<storage, read_write> state: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> rescale: array<f32>;

const LOWEST = -3.0e38;

var<workgroup> bestIndex: array<u32, WORKGROUP_SIZE>;
var<workgroup> targetLogit: f32;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(num_workgroups) workgroups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let row = workgroup.y * workgroups.x + workgroup.x;
  if (row >= params.rows) { return; }
  let start = row * params.chunk;
  var best = LOWEST;
  var bestAt = 0u;
  for (var c = lane; c < params.chunk; c += WORKGROUP_SIZE) {
    let logit = logits[start + c];
    if (logit > best) { best = logit; bestAt = c; }
  }
  let chunkMax = maxOverWorkgroup(best, lane);
  bestIndex[lane] = select(0xffffffffu, bestAt, best == chunkMax);
  let isFirst = params.chunkStart == 0u;
  let old = state[row];
  if (lane == 0u) { targetLogit = old.z; }
  workgroupBarrier();
  let oldMax = select(old.x, LOWEST, isFirst);
  let newMax = max(oldMax, chunkMax);
  var sum = 0.0;
  let target_ = targets[row];
  for (var c = lane; c < params.chunk; c += WORKGROUP_SIZE) {
    let logit = logits[start + c];
    if (params.chunkStart + c == target_) { targetLogit = logit; }
    let power = exp(max(logit - newMax, -80.0));
    logits[start + c] = power;
    sum += power;
  }
  let total = sumOverWorkgroup(sum, lane);
  if (lane == 0u) {
    // Of equal logits the lowest token wins, as argmax has it.
    var first = 0xffffffffu;
    for (var i = 0u; i < WORKGROUP_SIZE; i++) { first = min(first, bestIndex[i]); }
    let factor = select(exp(max(oldMax - newMax, -80.0)), 0.0, isFirst);
    rescale[row] = factor;
    let isBest = isFirst || chunkMax > oldMax;
    state[row] = vec4f(
      newMax,
      select(old.y * factor, 0.0, isFirst) + total,
      targetLogit,
      select(old.w, f32(params.chunkStart + first), isBest),
    );
  }
}
