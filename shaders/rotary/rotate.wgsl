// Rotary position embedding in place, on the q and k columns of a fused projection ("rotate half" pairing):
// a' = a cos - s b sin, b' = b cos + s a sin for elements a = i and b = i + headDim/2 of a head, s = direction
// x: [rows, cols], of which the first rotatedHeads * headDim columns turn   positions: [rows]
// cosSin: [maxPositions, headDim], cosines of the headDim/2 pairs, then sines
// direction: 1 forward, -1 backward (the transpose of a rotation)
// One invocation turns one place of the pairs (four where aligned) in `heads` heads of a row. x, y: rows and places,
// z: heads.
import package::shared::elements::Elements;

struct Params { rows: u32, cols: u32, rotatedHeads: u32, headDim: u32, heads: u32, direction: f32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> positions: array<u32>;
@group(0) @binding(2) var<storage, read> cosSin: array<Elements>;
@group(0) @binding(3) var<storage, read_write> x: array<Elements>;

const WORKGROUP_SIZE = constants::WORKGROUP_SIZE;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(num_workgroups) workgroups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let index = (workgroup.y * workgroups.x + workgroup.x) * WORKGROUP_SIZE + lane;
  let pairs = params.headDim / 2u;
  let row = index / pairs;
  if (row >= params.rows) { return; }
  let pair = index - row * pairs;
  let angle = positions[row] * params.headDim + pair;
  let cosine = cosSin[angle];
  let sine = params.direction * cosSin[angle + pairs];
  let start = row * params.cols + pair;
  let lastHead = min(params.rotatedHeads, (workgroup.z + 1u) * params.heads);
  for (var head = workgroup.z * params.heads; head < lastHead; head++) {
    let a = start + head * params.headDim;
    let b = a + pairs;
    let xa = x[a];
    let xb = x[b];
    x[a] = xa * cosine - xb * sine;
    x[b] = xb * cosine + xa * sine;
  }
}
