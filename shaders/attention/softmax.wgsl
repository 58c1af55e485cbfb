// Scores become probabilities in place, for attention by tiles: p = exp(score - lse), lse = log(sum(exp(score)))
// scores: [heads of this part, rows, length], written where attention/scores writes   keyStart, keyEnd: [rows]
// lse: [rows, heads], kept for backward
// One invocation: one row of one head. Its tile's other keys, which it does not see, become 0.
import package::shared::attentionMath::{NEVER, WORKGROUP_SIZE};
import package::shared::attentionTiles::TILE_ROWS;
import package::shared::elements::{Elements, WIDTH, mostOf, sumOf};

struct Params { rows: u32, length: u32, headStart: u32, heads: u32, partHeads: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> keyStart: array<u32>;
@group(0) @binding(2) var<storage, read> keyEnd: array<u32>;
@group(0) @binding(3) var<storage, read_write> scores: array<Elements>;
@group(0) @binding(4) var<storage, read_write> lse: array<f32>;

/// exp(x) of x <= 0; 0 where that is below the smallest normal f32.
fn expOf(x: Elements) -> Elements {
  return select(Elements(), exp(clamp(x, Elements(-87.0), Elements())), x > Elements(-87.0));
}

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(num_workgroups) workgroups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let index = (workgroup.y * workgroups.x + workgroup.x) * WORKGROUP_SIZE + lane;
  let head = index / params.rows;
  if (head >= params.partHeads) { return; }
  let row = index % params.rows;
  let sequence = row / params.length * params.length;
  let inTile = (row - sequence) % TILE_ROWS;
  let lastOfTile = min(row - inTile + TILE_ROWS, sequence + params.length) - 1u;
  let first = (keyStart[row - inTile] - sequence) / WIDTH;
  let last = (keyEnd[lastOfTile] - sequence) / WIDTH;
  let start = index * (params.length / WIDTH);
  var maximum = NEVER;
  for (var n = first; n <= last; n++) { maximum = max(maximum, mostOf(scores[start + n])); }
  var sum = Elements();
  for (var n = first; n <= last; n++) { sum += expOf(scores[start + n] - maximum); }
  let logSum = maximum + log(sumOf(sum));
  for (var n = first; n <= last; n++) { scores[start + n] = expOf(scores[start + n] - logSum); }
  lse[row * params.heads + params.headStart + head] = logSum;
}
