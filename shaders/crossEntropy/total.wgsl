// Adds up each adapter's losses into its result record; a step's first micro-batch overwrites, the rest add.
// losses: [groups · rowsPerGroup, 2]   results: one Result an adapter
// One workgroup per adapter.
import package::shared::reduce::{WORKGROUP_SIZE, sumOverWorkgroup};
import package::shared::results::Result;
import package::shared::step::StepHeader;

@if(subgroups) enable subgroups;

struct Params { rowsPerGroup: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> losses: array<vec2f>;
@group(0) @binding(2) var<storage, read> step: StepHeader;
@group(0) @binding(3) var<storage, read_write> results: array<Result>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) lane: u32) {
  let group = workgroup.x;
  var sum = vec2f();
  for (var i = lane; i < params.rowsPerGroup; i += WORKGROUP_SIZE) { sum += losses[group * params.rowsPerGroup + i]; }
  let loss = sumOverWorkgroup(sum.x, lane);
  let hits = sumOverWorkgroup(sum.y, lane);
  if (lane == 0u) {
    let isFirst = step.microBatch == 0u;
    results[group].lossSum = loss + select(results[group].lossSum, 0.0, isFirst);
    results[group].hits = hits + select(results[group].hits, 0.0, isFirst);
  }
}
