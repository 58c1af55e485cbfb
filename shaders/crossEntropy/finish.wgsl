// Ends the streaming cross-entropy of the loss rows:
// loss = maximum + log(sum) - logit of the target;   dHidden = (dHidden / sum - head row of the target) · lossScale
// state: as crossEntropy/chunk leaves it   results: one Result an adapter, to which a step's first micro-batch writes the
// sum of losses and the number of rows whose best token is the target, and the others add
// dHidden: [rows, hidden], holding Σ exp(logit - maximum)·W
// weight (linear/weight's): [partRows, hidden], the head's rows from rowStart on. Rows of dHidden whose target is elsewhere
// are left to the dispatch over that part; the results are written by the first.
// Rows come in blocks of rowsPerGroup, one block an adapter; rows past the step's lossRows are padding: 0.
// One workgroup takes `share` rows of dHidden, and the first ones also an adapter each.
@if(gradient && aligned) import package::linear::weight::weight4;
@if(gradient && !aligned) import package::linear::weight::weightAt;
import package::shared::elements::Elements;
import package::shared::reduce::{WORKGROUP_SIZE, sumOverWorkgroup};
import package::shared::results::Result;
import package::shared::share::shareOf;
import package::shared::step::{StepHeader, AdapterStep};

@if(subgroups) enable subgroups;

struct Params { rows: u32, hidden: u32, rowsPerGroup: u32, share: u32, rowStart: u32, partRows: u32 }
struct Step { header: StepHeader, adapters: array<AdapterStep> }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> targets: array<u32>;
@if(gradient) @group(0) @binding(3) var<storage, read> state: array<vec4f>;
@if(gradient) @group(0) @binding(4) var<storage, read> step: Step;
@if(gradient) @group(0) @binding(5) var<storage, read_write> results: array<Result>;
@if(gradient) @group(0) @binding(6) var<storage, read_write> dHidden: array<Elements>;
@if(!gradient) @group(0) @binding(2) var<storage, read> state: array<vec4f>;
@if(!gradient) @group(0) @binding(3) var<storage, read> step: Step;
@if(!gradient) @group(0) @binding(4) var<storage, read_write> results: array<Result>;

fn addUp(group: u32, lossRows: u32, lane: u32) {
  var sum = vec2f();
  for (var i = lane; i < lossRows; i += WORKGROUP_SIZE) {
    let row = group * params.rowsPerGroup + i;
    let four = state[row];
    sum += vec2f(four.x + log(four.y) - four.z, select(0.0, 1.0, u32(four.w) == targets[row]));
  }
  let loss = sumOverWorkgroup(sum.x, lane);
  let hits = sumOverWorkgroup(sum.y, lane);
  if (lane == 0u) {
    let isFirst = step.header.microBatch == 0u;
    results[group].lossSum = loss + select(results[group].lossSum, 0.0, isFirst);
    results[group].hits = hits + select(results[group].hits, 0.0, isFirst);
  }
}

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(num_workgroups) workgroups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let lossRows = min(step.header.lossRows, params.rowsPerGroup);
  let first = workgroup.y * workgroups.x + workgroup.x;
  if (params.rowStart == 0u) {
    for (var group = first; group * params.rowsPerGroup < params.rows; group += workgroups.x * workgroups.y) {
      addUp(group, lossRows, lane);
    }
  }
  @if(gradient) {
    let mine = shareOf(workgroup, workgroups, params.share, params.rows);
    for (var row = mine.start; row < mine.end; row++) {
      let group = row / params.rowsPerGroup;
      let isLoss = row - group * params.rowsPerGroup < lossRows;
      let targetRow = targets[row] - params.rowStart;
      if (select(params.rowStart != 0u, targetRow >= params.partRows, isLoss)) { continue; }
      let sum = state[row].y;
      let scale = step.adapters[group].lossScale;
      let start = row * params.hidden;
      for (var c = lane; c < params.hidden; c += WORKGROUP_SIZE) {
        var d = Elements();
        if (isLoss) {
          @if(aligned) let weight = weight4(targetRow * params.hidden + c);
          @if(!aligned) let weight = weightAt(targetRow * params.hidden + c);
          d = (dHidden[start + c] / sum - weight) * scale;
        }
        dHidden[start + c] = d;
      }
    }
  }
}
