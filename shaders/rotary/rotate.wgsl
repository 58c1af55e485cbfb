// Rotary position embedding in place, on the q and k columns of a fused projection ("rotate half" pairing):
// a' = a cos - s b sin, b' = b cos + s a sin for elements a = i and b = i + headDim/2 of a head, s = direction
// x: [rows, cols], of which the first rotatedHeads * headDim columns turn   positions: [rows]
// cosSin: [maxPositions, headDim], cosines of the headDim/2 pairs, then sines
// direction: 1 forward, -1 backward (the transpose of a rotation)
// One invocation per pair.
struct Params { rows: u32, cols: u32, rotatedHeads: u32, headDim: u32, direction: f32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> positions: array<u32>;
@group(0) @binding(2) var<storage, read> cosSin: array<f32>;
@group(0) @binding(3) var<storage, read_write> x: array<f32>;

const WORKGROUP_SIZE = 64u;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(num_workgroups) workgroups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let index = (workgroup.y * workgroups.x + workgroup.x) * WORKGROUP_SIZE + lane;
  let halfDim = params.headDim / 2u;
  let pairsPerRow = params.rotatedHeads * halfDim;
  let row = index / pairsPerRow;
  if (row >= params.rows) { return; }
  let pair = index % halfDim;
  let a = row * params.cols + index % pairsPerRow / halfDim * params.headDim + pair;
  let b = a + halfDim;
  let angle = positions[row] * params.headDim + pair;
  let cosine = cosSin[angle];
  let sine = params.direction * cosSin[angle + halfDim];
  let xa = x[a];
  let xb = x[b];
  x[a] = xa * cosine - xb * sine;
  x[b] = xb * cosine + xa * sine;
}
