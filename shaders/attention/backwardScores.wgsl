// Probabilities again from the kept lse, and the gradient of the scores before scaling into q and k, by tiles:
// p = exp(scale * q kT - lse), dscores = scale * p * (dout vT - delta), delta = sum(dout * out)
// qkv: [rows, (heads + 2 kvHeads) * headDim]   out, dout: [rows, heads * headDim]   lse: [rows, heads]
// matrices: probabilities [heads of this part, rows, length], then dscores likewise, 0 where the mask says so, in the tiles
// that some row sees
// One workgroup: TILE_ROWS rows × 4·WORKGROUP keys of one head, as attention/scores.
import package::shared::along::{Along, STEP, plusAlong, termsAcross};
import package::shared::attentionMath::{maskedExp};
import package::shared::attentionTiles::{TILE_ROWS, firstRowOf, tilesPerSequence};
import package::shared::lanes::{LANES, broadcastRows, fourRows, oneRow, zeroRows};

enable subgroups;

struct Params { rows: u32, length: u32, headStart: u32, partHeads: u32, heads: u32, kvHeads: u32, headDim: u32, scale: f32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> qkv: array<Along>;
@group(0) @binding(2) var<storage, read> out: array<Along>;
@group(0) @binding(3) var<storage, read> dout: array<Along>;
@group(0) @binding(4) var<storage, read> lse: array<f32>;
@group(0) @binding(5) var<storage, read> keyStart: array<u32>;
@group(0) @binding(6) var<storage, read> keyEnd: array<u32>;
@group(0) @binding(7) var<storage, read_write> matrices: array<vec4f>;

const WORKGROUP = constants::WORKGROUP;

fn alongDot(a: Along, b: Along) -> f32 {
  @if(single) { return a * b; }
  @else { return dot(a, b); }
}

/// delta: of this row.
fn store(to: u32, row: u32, head: u32, key: u32, keys: vec4u, products: vec4f, dp: vec4f, delta: f32) {
  let isSeen = (keys >= vec4u(keyStart[row])) & (keys <= vec4u(keyEnd[row]));
  let at = ((to + row) * params.length + key) / 4u;
  let p = maskedExp(products * params.scale - lse[row * params.heads + head], isSeen);
  matrices[at] = p;
  matrices[at + params.partHeads * params.rows * (params.length / 4u)] = params.scale * p * (dp - delta);
}

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(local_invocation_index) invocation: u32,
  @builtin(subgroup_invocation_id) subgroupLane: u32,
) {
  let sequence = workgroup.y / tilesPerSequence(params.length) * params.length;
  let row = firstRowOf(workgroup.y, params.length);
  let lastRow = min(row + TILE_ROWS, sequence + params.length) - 1u;
  let firstKey = workgroup.x * 4u * WORKGROUP;
  if (sequence + firstKey > keyEnd[lastRow] || sequence + firstKey + 4u * WORKGROUP <= keyStart[row]) { return; }
  let head = params.headStart + workgroup.z;
  let lane = subgroupLane % LANES;
  let ra = min(row + lane, lastRow);
  let rb = min(row + lane + LANES, lastRow);
  let rc = min(row + lane + 2u * LANES, lastRow);
  let rd = min(row + lane + 3u * LANES, lastRow);
  let steps = params.headDim / STEP;
  let stride = (params.heads + 2u * params.kvHeads) * steps;
  let qColumn = head * steps;
  let kvHead = head / (params.heads / params.kvHeads);
  let outStride = params.heads * steps;
  let key = firstKey + 4u * invocation;
  let keys = sequence + min(key + vec4u(0u, 1u, 2u, 3u), vec4u(params.length - 1u));
  let kAt = keys * stride + (params.heads + kvHead) * steps;
  let vAt = kAt + params.kvHeads * steps;
  var scores = zeroRows();
  var dp = zeroRows();
  // Of this lane's own rows.
  var deltas = vec4f();
  // One sum after the other: twice as many in one loop would not fit into registers.
  for (var d = 0u; d < steps; d++) {
    let column = qColumn + d;
    let a = qkv[ra * stride + column];
    var b = Along(); var c = Along(); var e = Along();
    @if(!lanes16) { b = qkv[rb * stride + column]; }
    @if(lanes4) { c = qkv[rc * stride + column]; e = qkv[rd * stride + column]; }
    let terms = termsAcross(qkv[kAt.x + d], qkv[kAt.y + d], qkv[kAt.z + d], qkv[kAt.w + d]);
    scores = plusAlong(scores, a, b, c, e, terms);
  }
  for (var d = 0u; d < steps; d++) {
    let column = qColumn + d;
    let a = dout[ra * outStride + column];
    deltas.x += alongDot(a, out[ra * outStride + column]);
    var b = Along(); var c = Along(); var e = Along();
    @if(!lanes16) {
      b = dout[rb * outStride + column];
      deltas.y += alongDot(b, out[rb * outStride + column]);
    }
    @if(lanes4) {
      c = dout[rc * outStride + column];
      e = dout[rd * outStride + column];
      deltas.z += alongDot(c, out[rc * outStride + column]);
      deltas.w += alongDot(e, out[rd * outStride + column]);
    }
    let terms = termsAcross(qkv[vAt.x + d], qkv[vAt.y + d], qkv[vAt.z + d], qkv[vAt.w + d]);
    dp = plusAlong(dp, a, b, c, e, terms);
  }
  let rowDeltas = broadcastRows(
    vec4f(deltas.x, 0.0, 0.0, 0.0), vec4f(deltas.y, 0.0, 0.0, 0.0),
    vec4f(deltas.z, 0.0, 0.0, 0.0), vec4f(deltas.w, 0.0, 0.0, 0.0));
  if (key >= params.length) { return; }
  let to = workgroup.z * params.rows;
  for (var base = row; base <= lastRow; base += 4u) {
    let products = fourRows(scores, (base - row) / 4u);
    let dps = fourRows(dp, (base - row) / 4u);
    let four = fourRows(rowDeltas, (base - row) / 4u);
    for (var r = base; r <= min(base + 3u, lastRow); r++) {
      let j = r - base;
      store(to, r, head, key, keys, oneRow(products, j), oneRow(dps, j), oneRow(four, j).x);
    }
  }
}
