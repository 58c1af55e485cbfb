// Gated activation forward (Shazeer 2020, arXiv 2002.05202): y = act(gate) * up
// gateUp: [rows, 2*inner], gate in the first half of a row and up in the second   y: [rows, inner]
// One workgroup takes `share` rows.
import package::shared::activation::activate;
import package::shared::elements::Elements;
import package::shared::share::shareOf;

struct Params { rows: u32, inner: u32, share: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> gateUp: array<Elements>;
@group(0) @binding(2) var<storage, read_write> y: array<Elements>;

const WORKGROUP_SIZE = constants::WORKGROUP_SIZE;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(num_workgroups) workgroups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let mine = shareOf(workgroup, workgroups, params.share, params.rows);
  for (var row = mine.start; row < mine.end; row++) {
    let gate = 2u * row * params.inner;
    let up = gate + params.inner;
    for (var c = lane; c < params.inner; c += WORKGROUP_SIZE) {
      y[row * params.inner + c] = activate(gateUp[gate + c]) * gateUp[up + c];
    }
  }
}
