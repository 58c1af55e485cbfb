// Fused LoRA linear backward, of y = x·W0ᵀ + scaling·(mask∘x)·Aᵀ·Bᵀ, for x: dx = dy·W0 + mask∘(scaling·V·A), V = dy·B
// from lora/projectBackward; the mask is dropout's, drawn again.
// dy: [rows, cols]   weight: [weightRows, inner], rows weightStart… of W0   dx: [rows, inner]
// v: one [rowCount, rank] block per segment   scale: [rows], by which what is in dx is multiplied first
// inner, cols and weightRows are multiples of 4 (else linear/backwardAny).
// One invocation: 8 rows × 8 columns of dx in registers. z: one group of rows with all its column blocks.
// Overwrites dx; with `accumulate` adds to it; with `rescale` adds to scale·dx.
import package::linear::weight::weight4;
import package::linear::backwardOperands::{params, store4};
@if(lora) import package::linear::backwardOperands::{segments, v, lora};
@if(dropout) import package::linear::backwardOperands::mask4;

@group(0) @binding(1) var<storage, read> dy: array<vec4f>;

@if(lora) fn lora4(at: u32) -> vec4f { return vec4f(lora[at], lora[at + 1u], lora[at + 2u], lora[at + 3u]); }

@compute @workgroup_size(8, 8)
fn main(@builtin(global_invocation_id) id: vec3u) {
  var rowStart = 0u;
  var rowEnd = params.rows;
  @if(lora) {
    let group = segments[id.z * params.columnBlocks];
    rowStart = group.rowStart;
    rowEnd = group.rowStart + group.rowCount;
  }
  let row = rowStart + (params.tileStart * 8u + id.y) * 8u;
  let col = id.x * 8u;
  if (row >= rowEnd || col >= params.inner) { return; }
  let lastRow = rowEnd - 1u;
  // The second four columns, or the first again where the row ends before them.
  let col2 = min(col + 4u, params.inner - 4u);
  let vectors = params.cols / 4u;
  let firstVector = params.weightStart / 4u;
  let y0 = min(row + 0u, lastRow) * vectors + firstVector;
  let y1 = min(row + 1u, lastRow) * vectors + firstVector;
  let y2 = min(row + 2u, lastRow) * vectors + firstVector;
  let y3 = min(row + 3u, lastRow) * vectors + firstVector;
  let y4 = min(row + 4u, lastRow) * vectors + firstVector;
  let y5 = min(row + 5u, lastRow) * vectors + firstVector;
  let y6 = min(row + 6u, lastRow) * vectors + firstVector;
  let y7 = min(row + 7u, lastRow) * vectors + firstVector;
  var l0 = vec4f(); var l1 = vec4f(); var l2 = vec4f(); var l3 = vec4f(); var l4 = vec4f(); var l5 = vec4f(); var l6 = vec4f(); var l7 = vec4f();
  var r0 = vec4f(); var r1 = vec4f(); var r2 = vec4f(); var r3 = vec4f(); var r4 = vec4f(); var r5 = vec4f(); var r6 = vec4f(); var r7 = vec4f();
  @if(lora) {
    for (var block = 0u; block < params.columnBlocks; block++) {
      let segment = segments[id.z * params.columnBlocks + block];
      var p0 = vec4f(); var p1 = vec4f(); var p2 = vec4f(); var p3 = vec4f(); var p4 = vec4f(); var p5 = vec4f(); var p6 = vec4f(); var p7 = vec4f();
      var q0 = vec4f(); var q1 = vec4f(); var q2 = vec4f(); var q3 = vec4f(); var q4 = vec4f(); var q5 = vec4f(); var q6 = vec4f(); var q7 = vec4f();
      let v0 = segment.uStart + (min(row + 0u, lastRow) - rowStart) * segment.rank;
      let v1 = segment.uStart + (min(row + 1u, lastRow) - rowStart) * segment.rank;
      let v2 = segment.uStart + (min(row + 2u, lastRow) - rowStart) * segment.rank;
      let v3 = segment.uStart + (min(row + 3u, lastRow) - rowStart) * segment.rank;
      let v4 = segment.uStart + (min(row + 4u, lastRow) - rowStart) * segment.rank;
      let v5 = segment.uStart + (min(row + 5u, lastRow) - rowStart) * segment.rank;
      let v6 = segment.uStart + (min(row + 6u, lastRow) - rowStart) * segment.rank;
      let v7 = segment.uStart + (min(row + 7u, lastRow) - rowStart) * segment.rank;
      for (var q = 0u; q < segment.rank; q++) {
        let left = segment.scaling * lora4(segment.aStart + q * params.inner + col);
        let right = segment.scaling * lora4(segment.aStart + q * params.inner + col2);
        p0 += v[v0 + q] * left; q0 += v[v0 + q] * right;
        p1 += v[v1 + q] * left; q1 += v[v1 + q] * right;
        p2 += v[v2 + q] * left; q2 += v[v2 + q] * right;
        p3 += v[v3 + q] * left; q3 += v[v3 + q] * right;
        p4 += v[v4 + q] * left; q4 += v[v4 + q] * right;
        p5 += v[v5 + q] * left; q5 += v[v5 + q] * right;
        p6 += v[v6 + q] * left; q6 += v[v6 + q] * right;
        p7 += v[v7 + q] * left; q7 += v[v7 + q] * right;
      }
      @if(dropout) {
        var low = array<vec4f, 16>(p0, p1, p2, p3, p4, p5, p6, p7, q0, q1, q2, q3, q4, q5, q6, q7);
        for (var i = 0u; i < min(8u, rowEnd - row); i++) {
          low[i] *= mask4(segment, row - rowStart + i, col);
          low[i + 8u] *= mask4(segment, row - rowStart + i, col2);
        }
        p0 = low[0]; p1 = low[1]; p2 = low[2]; p3 = low[3]; p4 = low[4]; p5 = low[5]; p6 = low[6]; p7 = low[7];
        q0 = low[8]; q1 = low[9]; q2 = low[10]; q3 = low[11]; q4 = low[12]; q5 = low[13]; q6 = low[14]; q7 = low[15];
      }
      l0 += p0; r0 += q0;
      l1 += p1; r1 += q1;
      l2 += p2; r2 += q2;
      l3 += p3; r3 += q3;
      l4 += p4; r4 += q4;
      l5 += p5; r5 += q5;
      l6 += p6; r6 += q6;
      l7 += p7; r7 += q7;
    }
  }
  // Four rows of W0 at a time.
  let weightVectors = params.inner / 4u;
  var w = 0u;
  let leftAt = col / 4u;
  let rightAt = col2 / 4u;
  for (var n = 0u; n < params.weightRows / 4u; n++) {
    let w1 = w + weightVectors; let w2 = w1 + weightVectors; let w3 = w2 + weightVectors;
    let left = mat4x4f(weight4(w + leftAt), weight4(w1 + leftAt), weight4(w2 + leftAt), weight4(w3 + leftAt));
    let right = mat4x4f(weight4(w + rightAt), weight4(w1 + rightAt), weight4(w2 + rightAt), weight4(w3 + rightAt));
    let d0 = dy[y0 + n]; l0 += left * d0; r0 += right * d0;
    let d1 = dy[y1 + n]; l1 += left * d1; r1 += right * d1;
    let d2 = dy[y2 + n]; l2 += left * d2; r2 += right * d2;
    let d3 = dy[y3 + n]; l3 += left * d3; r3 += right * d3;
    let d4 = dy[y4 + n]; l4 += left * d4; r4 += right * d4;
    let d5 = dy[y5 + n]; l5 += left * d5; r5 += right * d5;
    let d6 = dy[y6 + n]; l6 += left * d6; r6 += right * d6;
    let d7 = dy[y7 + n]; l7 += left * d7; r7 += right * d7;
    w = w3 + weightVectors;
  }
  // A loop whose count is known only at run time: sixteen copies of an epilogue take some drivers seconds to compile.
  var leftSums = array<vec4f, 8>(l0, l1, l2, l3, l4, l5, l6, l7);
  var rightSums = array<vec4f, 8>(r0, r1, r2, r3, r4, r5, r6, r7);
  for (var i = 0u; i < min(8u, rowEnd - row); i++) {
    store4(row + i, rowEnd, col, leftSums[i]);
    if (col2 != col) { store4(row + i, rowEnd, col2, rightSums[i]); }
  }
}
