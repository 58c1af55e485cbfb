// The matrix–vector form of linear/forward, for generation: few rows, so each invocation takes 1 row × 4 columns.
// Same bindings and meaning as linear/forward. x: column tiles, y: rows, z: one segment.
import package::linear::weight::weight4;
import package::linear::forwardOperands::{params, store4};
@if(lora) import package::linear::forwardOperands::{segments, u, lora};

@group(0) @binding(1) var<storage, read> x: array<vec4f>;

@compute @workgroup_size(64)
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
  let row = rowStart + params.tileStart + id.y;
  let col = colStart + id.x * 4u;
  if (row >= rowEnd || col >= colEnd) { return; }
  let c1 = min(col + 1u, colEnd - 1u);
  let c2 = min(col + 2u, colEnd - 1u);
  let c3 = min(col + 3u, colEnd - 1u);
  let vectors = params.inner / 4u;
  let start = row * vectors;
  let w0 = (col - params.weightStart) * vectors;
  let w1 = (c1 - params.weightStart) * vectors;
  let w2 = (c2 - params.weightStart) * vectors;
  let w3 = (c3 - params.weightStart) * vectors;
  var sum = vec4f();
  for (var k = 0u; k < vectors; k++) {
    sum += x[start + k] * mat4x4f(weight4(w0 + k), weight4(w1 + k), weight4(w2 + k), weight4(w3 + k));
  }
  @if(lora) {
    let uAt = segment.uStart + (row - rowStart) * segment.rank;
    let b = segment.bStart - segment.colStart * segment.rank;
    for (var q = 0u; q < segment.rank; q++) {
      let four = vec4f(
        lora[b + col * segment.rank + q], lora[b + c1 * segment.rank + q],
        lora[b + c2 * segment.rank + q], lora[b + c3 * segment.rank + q]);
      sum += segment.scaling * u[uAt + q] * four;
    }
  }
  store4(row, rowEnd, col, colEnd, sum);
}
