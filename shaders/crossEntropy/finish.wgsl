// Ends the streaming cross-entropy of each loss row:
// loss = maximum + log(sum) - logit of the target;   dHidden = (dHidden / sum - head row of the target) · lossScale
// state: as crossEntropy/chunk leaves it   losses: [rows, 2], the loss and 1 where the best token is the target
// targetRows: [rows, hidden], the head's rows of the targets   dHidden: [rows, hidden], holding Σ exp(logit - maximum)·W
// Rows come in blocks of rowsPerGroup, one block an adapter; rows past the step's lossRows are padding: 0.
// One workgroup takes `share` rows.
import package::shared::elements::Elements;
import package::shared::share::shareOf;
import package::shared::step::{StepHeader, AdapterStep};

struct Params { rows: u32, hidden: u32, rowsPerGroup: u32, share: u32 }
struct Step { header: StepHeader, adapters: array<AdapterStep> }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> targets: array<u32>;
@group(0) @binding(2) var<storage, read> state: array<vec4f>;
@group(0) @binding(3) var<storage, read> step: Step;
@group(0) @binding(4) var<storage, read_write> losses: array<vec2f>;
@if(gradient) @group(0) @binding(5) var<storage, read> targetRows: array<Elements>;
@if(gradient) @group(0) @binding(6) var<storage, read_write> dHidden: array<Elements>;

const WORKGROUP_SIZE = constants::WORKGROUP_SIZE;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(num_workgroups) workgroups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let mine = shareOf(workgroup, workgroups, params.share, params.rows);
  for (var row = mine.start; row < mine.end; row++) {
    let group = row / params.rowsPerGroup;
    let isLoss = row - group * params.rowsPerGroup < step.header.lossRows;
    let four = state[row];
    if (lane == 0u) {
      let loss = four.x + log(four.y) - four.z;
      let hit = select(0.0, 1.0, u32(four.w) == targets[row]);
      losses[row] = select(vec2f(), vec2f(loss, hit), isLoss);
    }
    @if(gradient) {
      let scale = step.adapters[group].lossScale;
      for (var at = row * params.hidden + lane; at < (row + 1u) * params.hidden; at += WORKGROUP_SIZE) {
        dHidden[at] = select(Elements(), (dHidden[at] / four.y - targetRows[at]) * scale, isLoss);
      }
    }
  }
}
