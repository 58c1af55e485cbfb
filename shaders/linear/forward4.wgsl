// linear/forward with a small tile: same bindings and meaning, inner a multiple of 4, vector loads.
// One invocation: 4 rows × 4 columns in registers. z: one segment, or the whole product if frozen.
import package::linear::weight::weight4;
import package::linear::forwardOperands::{params, store4};
@if(lora) import package::linear::forwardOperands::{segments, u, lora};

@group(0) @binding(1) var<storage, read> x: array<vec4f>;

@compute @workgroup_size(8, 8)
fn main(@builtin(global_invocation_id) id: vec3u) {
  var rowStart = 0u;
  var rowEnd = params.rows;
  var colStart = params.weightStart;
  var colEnd = params.weightStart + params.weightRows;
  @if(lora) let segment = segments[id.z];
  @if(lora) {
    rowStart = segment.rowStart;
    rowEnd = segment.rowStart + segment.rowCount;
    colStart = max(colStart, segment.colStart);
    colEnd = min(colEnd, segment.colStart + segment.colCount);
  }
  let row = rowStart + (params.tileStart * 8u + id.y) * 4u;
  let col = colStart + id.x * 4u;
  if (row >= rowEnd || col >= colEnd) { return; }
  let rows = min(row + vec4u(0u, 1u, 2u, 3u), vec4u(rowEnd - 1u));
  let cols = min(col + vec4u(0u, 1u, 2u, 3u), vec4u(colEnd - 1u));
  let vectors = params.inner / 4u;
  let xAt = rows * vectors;
  let wAt = (cols - params.weightStart) * vectors;
  var s0 = vec4f(); var s1 = vec4f(); var s2 = vec4f(); var s3 = vec4f();
  for (var k = 0u; k < vectors; k++) {
    let w = mat4x4f(weight4(wAt.x + k), weight4(wAt.y + k), weight4(wAt.z + k), weight4(wAt.w + k));
    s0 += x[xAt.x + k] * w;
    s1 += x[xAt.y + k] * w;
    s2 += x[xAt.z + k] * w;
    s3 += x[xAt.w + k] * w;
  }
  @if(lora) {
    let uAt = segment.uStart + (rows - rowStart) * segment.rank;
    let bAt = segment.bStart + (cols - segment.colStart) * segment.rank;
    for (var q = 0u; q < segment.rank; q++) {
      let b = segment.scaling * vec4f(lora[bAt.x + q], lora[bAt.y + q], lora[bAt.z + q], lora[bAt.w + q]);
      s0 += u[uAt.x + q] * b;
      s1 += u[uAt.y + q] * b;
      s2 += u[uAt.z + q] * b;
      s3 += u[uAt.w + q] * b;
    }
  }
  store4(row, rowEnd, col, colEnd, s0);
  store4(row + 1u, rowEnd, col, colEnd, s1);
  store4(row + 2u, rowEnd, col, colEnd, s2);
  store4(row + 3u, rowEnd, col, colEnd, s3);
}
