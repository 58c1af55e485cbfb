// linear/forward for an inner size that is no multiple of 4: same bindings and meaning, element by element.
// One invocation: 4 rows × 4 columns in registers. z: one segment, or the whole product if frozen.
import package::linear::weight::weightAt;
import package::linear::forwardOperands::{params, store4};
@if(lora) import package::linear::forwardOperands::{segments, u, lora};

@group(0) @binding(1) var<storage, read> x: array<f32>;

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
  let lastRow = rowEnd - 1u;
  let lastCol = colEnd - 1u;
  let x0 = min(row + 0u, lastRow) * params.inner;
  let x1 = min(row + 1u, lastRow) * params.inner;
  let x2 = min(row + 2u, lastRow) * params.inner;
  let x3 = min(row + 3u, lastRow) * params.inner;
  let w0 = (min(col + 0u, lastCol) - params.weightStart) * params.inner;
  let w1 = (min(col + 1u, lastCol) - params.weightStart) * params.inner;
  let w2 = (min(col + 2u, lastCol) - params.weightStart) * params.inner;
  let w3 = (min(col + 3u, lastCol) - params.weightStart) * params.inner;
  var s0 = vec4f();
  var s1 = vec4f();
  var s2 = vec4f();
  var s3 = vec4f();
  for (var k = 0u; k < params.inner; k++) {
    let four = vec4f(weightAt(w0 + k), weightAt(w1 + k), weightAt(w2 + k), weightAt(w3 + k));
    s0 += x[x0 + k] * four;
    s1 += x[x1 + k] * four;
    s2 += x[x2 + k] * four;
    s3 += x[x3 + k] * four;
  }
  @if(lora) {
    let u0 = segment.uStart + (min(row + 0u, lastRow) - rowStart) * segment.rank;
    let u1 = segment.uStart + (min(row + 1u, lastRow) - rowStart) * segment.rank;
    let u2 = segment.uStart + (min(row + 2u, lastRow) - rowStart) * segment.rank;
    let u3 = segment.uStart + (min(row + 3u, lastRow) - rowStart) * segment.rank;
    let b0 = segment.bStart + (min(col + 0u, lastCol) - segment.colStart) * segment.rank;
    let b1 = segment.bStart + (min(col + 1u, lastCol) - segment.colStart) * segment.rank;
    let b2 = segment.bStart + (min(col + 2u, lastCol) - segment.colStart) * segment.rank;
    let b3 = segment.bStart + (min(col + 3u, lastCol) - segment.colStart) * segment.rank;
    for (var q = 0u; q < segment.rank; q++) {
      let four = segment.scaling * vec4f(lora[b0 + q], lora[b1 + q], lora[b2 + q], lora[b3 + q]);
      s0 += u[u0 + q] * four;
      s1 += u[u1 + q] * four;
      s2 += u[u2 + q] * four;
      s3 += u[u3 + q] * four;
    }
  }
  store4(row + 0u, rowEnd, col, colEnd, s0);
  store4(row + 1u, rowEnd, col, colEnd, s1);
  store4(row + 2u, rowEnd, col, colEnd, s2);
  store4(row + 3u, rowEnd, col, colEnd, s3);
}
