// linear/forward through workgroup memory, for GPUs: same bindings and meaning, inner a multiple of 4.
// One workgroup: 64 rows × 64 columns, four vectors of the sum at a time, which all its invocations load together.
// One invocation: 8 rows × 8 columns in registers; its rows and columns lie 8 apart, so that neighbours read neighbours.
import package::linear::weight::weight4;
import package::linear::forwardOperands::{params, storeOne};
@if(lora) import package::linear::forwardOperands::{segments, u, lora};

@group(0) @binding(1) var<storage, read> x: array<vec4f>;

const TILE = 64u;
/// Vectors of four elements along the sum that are staged at a time.
const DEPTH = 4u;

// [vector along the sum][row or column]
var<workgroup> xTile: array<vec4f, TILE * DEPTH>;
var<workgroup> wTile: array<vec4f, TILE * DEPTH>;

@compute @workgroup_size(8, 8)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_id) local: vec3u, @builtin(local_invocation_index) invocation: u32) {
  var rowStart = 0u;
  var rowEnd = params.rows;
  var colStart = params.weightStart;
  var colEnd = params.weightStart + params.weightRows;
  @if(lora) let segment = segments[workgroup.z];
  @if(lora) {
    rowStart = segment.rowStart;
    rowEnd = segment.rowStart + segment.rowCount;
    colStart = max(colStart, segment.colStart);
    colEnd = min(colEnd, segment.colStart + segment.colCount);
  }
  let firstRow = rowStart + (params.tileStart + workgroup.y) * TILE;
  let firstCol = colStart + workgroup.x * TILE;
  if (firstRow >= rowEnd || firstCol >= colEnd) { return; }
  let vectors = params.inner / 4u;
  // What this invocation stages: vector `depth` of four rows and four columns, 16 apart.
  let depth = invocation % DEPTH;
  let line = invocation / DEPTH;
  var sums: array<array<f32, 8>, 8>;
  for (var k = 0u; k < vectors; k += DEPTH) {
    for (var i = 0u; i < 4u; i++) {
      let at = line + 16u * i;
      var xVector = vec4f();
      var wVector = vec4f();
      if (k + depth < vectors) {
        xVector = x[min(firstRow + at, rowEnd - 1u) * vectors + k + depth];
        wVector = weight4((min(firstCol + at, colEnd - 1u) - params.weightStart) * vectors + k + depth);
      }
      xTile[depth * TILE + at] = xVector;
      wTile[depth * TILE + at] = wVector;
    }
    workgroupBarrier();
    for (var d = 0u; d < DEPTH; d++) {
      var columns: array<vec4f, 8>;
      for (var j = 0u; j < 8u; j++) { columns[j] = wTile[d * TILE + local.x + 8u * j]; }
      for (var i = 0u; i < 8u; i++) {
        let row = xTile[d * TILE + local.y + 8u * i];
        for (var j = 0u; j < 8u; j++) { sums[i][j] += dot(row, columns[j]); }
      }
    }
    workgroupBarrier();
  }
  for (var i = 0u; i < 8u; i++) {
    let row = firstRow + local.y + 8u * i;
    for (var j = 0u; j < 8u; j++) {
      let col = firstCol + local.x + 8u * j;
      if (row < rowEnd && col < colEnd) {
        var sum = sums[i][j];
        @if(lora) {
          let uAt = segment.uStart + (row - rowStart) * segment.rank;
          let bAt = segment.bStart + (col - segment.colStart) * segment.rank;
          var low = 0.0;
          for (var q = 0u; q < segment.rank; q++) { low += u[uAt + q] * lora[bAt + q]; }
          sum += segment.scaling * low;
        }
        storeOne(row, col, sum);
      }
    }
  }
}
