// Fused LoRA linear forward: y = x·W0ᵀ + bias + scaling·U·Bᵀ + residual, U = x·Aᵀ from lora/project
// x: [rows, inner]   weight: [weightRows, inner], rows weightStart… of W0 [cols, inner]   y, residual: [rows, cols]
// bias: [cols]   u: one [rowCount, rank] block per segment   lora: the flat A and B of every adapter
// inner is a multiple of 4 (else linear/forwardAny).
// One invocation: 8 rows × 8 columns in registers. z: one segment (its rows and columns), or the whole product if frozen.
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
  let row = rowStart + (params.tileStart * 8u + id.y) * 8u;
  let col = colStart + id.x * 8u;
  if (row >= rowEnd || col >= colEnd) { return; }
  let lastRow = rowEnd - 1u;
  let lastCol = colEnd - 1u;
  let vectors = params.inner / 4u;
  let x0 = min(row + 0u, lastRow) * vectors;
  let x1 = min(row + 1u, lastRow) * vectors;
  let x2 = min(row + 2u, lastRow) * vectors;
  let x3 = min(row + 3u, lastRow) * vectors;
  let x4 = min(row + 4u, lastRow) * vectors;
  let x5 = min(row + 5u, lastRow) * vectors;
  let x6 = min(row + 6u, lastRow) * vectors;
  let x7 = min(row + 7u, lastRow) * vectors;
  let w0 = (min(col + 0u, lastCol) - params.weightStart) * vectors;
  let w1 = (min(col + 1u, lastCol) - params.weightStart) * vectors;
  let w2 = (min(col + 2u, lastCol) - params.weightStart) * vectors;
  let w3 = (min(col + 3u, lastCol) - params.weightStart) * vectors;
  let w4 = (min(col + 4u, lastCol) - params.weightStart) * vectors;
  let w5 = (min(col + 5u, lastCol) - params.weightStart) * vectors;
  let w6 = (min(col + 6u, lastCol) - params.weightStart) * vectors;
  let w7 = (min(col + 7u, lastCol) - params.weightStart) * vectors;
  var l0 = vec4f(); var l1 = vec4f(); var l2 = vec4f(); var l3 = vec4f(); var l4 = vec4f(); var l5 = vec4f(); var l6 = vec4f(); var l7 = vec4f();
  var r0 = vec4f(); var r1 = vec4f(); var r2 = vec4f(); var r3 = vec4f(); var r4 = vec4f(); var r5 = vec4f(); var r6 = vec4f(); var r7 = vec4f();
  for (var k = 0u; k < vectors; k++) {
    let left = mat4x4f(weight4(w0 + k), weight4(w1 + k), weight4(w2 + k), weight4(w3 + k));
    let right = mat4x4f(weight4(w4 + k), weight4(w5 + k), weight4(w6 + k), weight4(w7 + k));
    let v0 = x[x0 + k]; l0 += v0 * left; r0 += v0 * right;
    let v1 = x[x1 + k]; l1 += v1 * left; r1 += v1 * right;
    let v2 = x[x2 + k]; l2 += v2 * left; r2 += v2 * right;
    let v3 = x[x3 + k]; l3 += v3 * left; r3 += v3 * right;
    let v4 = x[x4 + k]; l4 += v4 * left; r4 += v4 * right;
    let v5 = x[x5 + k]; l5 += v5 * left; r5 += v5 * right;
    let v6 = x[x6 + k]; l6 += v6 * left; r6 += v6 * right;
    let v7 = x[x7 + k]; l7 += v7 * left; r7 += v7 * right;
  }
  @if(lora) {
    let u0 = segment.uStart + (min(row + 0u, lastRow) - rowStart) * segment.rank;
    let u1 = segment.uStart + (min(row + 1u, lastRow) - rowStart) * segment.rank;
    let u2 = segment.uStart + (min(row + 2u, lastRow) - rowStart) * segment.rank;
    let u3 = segment.uStart + (min(row + 3u, lastRow) - rowStart) * segment.rank;
    let u4 = segment.uStart + (min(row + 4u, lastRow) - rowStart) * segment.rank;
    let u5 = segment.uStart + (min(row + 5u, lastRow) - rowStart) * segment.rank;
    let u6 = segment.uStart + (min(row + 6u, lastRow) - rowStart) * segment.rank;
    let u7 = segment.uStart + (min(row + 7u, lastRow) - rowStart) * segment.rank;
    let b0 = segment.bStart + (min(col + 0u, lastCol) - segment.colStart) * segment.rank;
    let b1 = segment.bStart + (min(col + 1u, lastCol) - segment.colStart) * segment.rank;
    let b2 = segment.bStart + (min(col + 2u, lastCol) - segment.colStart) * segment.rank;
    let b3 = segment.bStart + (min(col + 3u, lastCol) - segment.colStart) * segment.rank;
    let b4 = segment.bStart + (min(col + 4u, lastCol) - segment.colStart) * segment.rank;
    let b5 = segment.bStart + (min(col + 5u, lastCol) - segment.colStart) * segment.rank;
    let b6 = segment.bStart + (min(col + 6u, lastCol) - segment.colStart) * segment.rank;
    let b7 = segment.bStart + (min(col + 7u, lastCol) - segment.colStart) * segment.rank;
    for (var q = 0u; q < segment.rank; q++) {
      let left = segment.scaling * vec4f(lora[b0 + q], lora[b1 + q], lora[b2 + q], lora[b3 + q]);
      let right = segment.scaling * vec4f(lora[b4 + q], lora[b5 + q], lora[b6 + q], lora[b7 + q]);
      l0 += u[u0 + q] * left; r0 += u[u0 + q] * right;
      l1 += u[u1 + q] * left; r1 += u[u1 + q] * right;
      l2 += u[u2 + q] * left; r2 += u[u2 + q] * right;
      l3 += u[u3 + q] * left; r3 += u[u3 + q] * right;
      l4 += u[u4 + q] * left; r4 += u[u4 + q] * right;
      l5 += u[u5 + q] * left; r5 += u[u5 + q] * right;
      l6 += u[u6 + q] * left; r6 += u[u6 + q] * right;
      l7 += u[u7 + q] * left; r7 += u[u7 + q] * right;
    }
  }
  // A loop whose count is known only at run time: sixteen copies of an epilogue take some drivers seconds to compile.
  var leftSums = array<vec4f, 8>(l0, l1, l2, l3, l4, l5, l6, l7);
  var rightSums = array<vec4f, 8>(r0, r1, r2, r3, r4, r5, r6, r7);
  for (var i = 0u; i < min(8u, rowEnd - row); i++) {
    store4(row + i, rowEnd, col, colEnd, leftSums[i]);
    store4(row + i, rowEnd, col + 4u, colEnd, rightSums[i]);
  }
}
