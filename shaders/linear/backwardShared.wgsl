// linear/backward through workgroup memory, for GPUs: same bindings and meaning; inner, cols and weightRows are multiples
// of 4. One workgroup: 64 rows × 64 columns of dx, 16 rows of W0 at a time, which all its invocations load together.
// One invocation: 8 rows × 8 columns in registers: rows 8 apart, columns in two vectors 32 apart.
import package::linear::weight::weight4;
import package::linear::backwardOperands::{params, store4};
@if(lora) import package::linear::backwardOperands::{segments, v, lora};
@if(dropout) import package::linear::backwardOperands::mask4;

@group(0) @binding(1) var<storage, read> dy: array<vec4f>;

const TILE = 64u;
/// Vectors of four elements along the sum that are staged at a time.
const DEPTH = 4u;

// [vector along the sum][row]
var<workgroup> yTile: array<vec4f, TILE * DEPTH>;
// [row of W0][vector of four columns]
var<workgroup> wTile: array<vec4f, TILE * DEPTH>;

@if(lora) fn a4(at: u32) -> vec4f { return vec4f(lora[at], lora[at + 1u], lora[at + 2u], lora[at + 3u]); }

@compute @workgroup_size(8, 8)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_id) local: vec3u, @builtin(local_invocation_index) invocation: u32) {
  var rowStart = 0u;
  var rowEnd = params.rows;
  @if(lora) {
    let group = segments[workgroup.z * params.columnBlocks];
    rowStart = group.rowStart;
    rowEnd = group.rowStart + group.rowCount;
  }
  let firstRow = rowStart + (params.tileStart + workgroup.y) * TILE;
  let firstCol = workgroup.x * TILE;
  if (firstRow >= rowEnd || firstCol >= params.inner) { return; }
  let vectors = params.weightRows / 4u;
  let yVectors = params.cols / 4u;
  let wVectors = params.inner / 4u;
  var left: array<vec4f, 8>;
  var right: array<vec4f, 8>;
  for (var n = 0u; n < vectors; n += DEPTH) {
    for (var i = 0u; i < 4u; i++) {
      // Of dy: vector `depth` of four rows 16 apart. Of W0: four of 16 rows, one vector of columns.
      let depth = invocation % DEPTH;
      let at = invocation / DEPTH + 16u * i;
      var yVector = vec4f();
      if (n + depth < vectors) {
        yVector = dy[min(firstRow + at, rowEnd - 1u) * yVectors + params.weightStart / 4u + n + depth];
      }
      yTile[depth * TILE + at] = yVector;
      let w = invocation / 16u + 4u * i;
      let column = firstCol / 4u + invocation % 16u;
      var wVector = vec4f();
      if (n + w / 4u < vectors && column < wVectors) { wVector = weight4((4u * n + w) * wVectors + column); }
      wTile[w * 16u + invocation % 16u] = wVector;
    }
    workgroupBarrier();
    for (var d = 0u; d < DEPTH; d++) {
      let w = d * 64u + local.x;
      let l = mat4x4f(wTile[w], wTile[w + 16u], wTile[w + 32u], wTile[w + 48u]);
      let r = mat4x4f(wTile[w + 8u], wTile[w + 24u], wTile[w + 40u], wTile[w + 56u]);
      for (var i = 0u; i < 8u; i++) {
        let row = yTile[d * TILE + local.y + 8u * i];
        left[i] += l * row;
        right[i] += r * row;
      }
    }
    workgroupBarrier();
  }
  let col = firstCol + 4u * local.x;
  let col2 = col + 32u;
  for (var i = 0u; i < 8u; i++) {
    let row = firstRow + local.y + 8u * i;
    if (row < rowEnd) {
      @if(lora) {
        for (var block = 0u; block < params.columnBlocks; block++) {
          let segment = segments[workgroup.z * params.columnBlocks + block];
          let vAt = segment.uStart + (row - rowStart) * segment.rank;
          var l = vec4f();
          var r = vec4f();
          for (var q = 0u; q < segment.rank; q++) {
            let a = segment.aStart + q * params.inner;
            if (col < params.inner) { l += v[vAt + q] * a4(a + col); }
            if (col2 < params.inner) { r += v[vAt + q] * a4(a + col2); }
          }
          @if(dropout) {
            l *= mask4(segment, row - rowStart, col);
            r *= mask4(segment, row - rowStart, col2);
          }
          left[i] += segment.scaling * l;
          right[i] += segment.scaling * r;
        }
      }
      store4(row, rowEnd, col, left[i]);
      store4(row, rowEnd, col2, right[i]);
    }
  }
}
