// linear/backward with a small tile: same bindings and meaning; inner, cols and weightRows are multiples of 4.
// One invocation: 4 rows × 4 columns of dx in registers. z: one group of rows with all its column blocks.
import package::linear::weight::weight4;
import package::linear::backwardOperands::{params, store4};
@if(lora) import package::linear::backwardOperands::{segments, v, lora};
@if(dropout) import package::linear::backwardOperands::mask4;

@group(0) @binding(1) var<storage, read> dy: array<vec4f>;

@compute @workgroup_size(8, 8)
fn main(@builtin(global_invocation_id) id: vec3u) {
  var rowStart = 0u;
  var rowEnd = params.rows;
  @if(lora) {
    let group = segments[id.z * params.columnBlocks];
    rowStart = group.rowStart;
    rowEnd = group.rowStart + group.rowCount;
  }
  let row = rowStart + (params.tileStart * 8u + id.y) * 4u;
  let col = id.x * 4u;
  if (row >= rowEnd || col >= params.inner) { return; }
  let rows = min(row + vec4u(0u, 1u, 2u, 3u), vec4u(rowEnd - 1u));
  let yAt = rows * (params.cols / 4u) + params.weightStart / 4u;
  var s0 = vec4f(); var s1 = vec4f(); var s2 = vec4f(); var s3 = vec4f();
  @if(lora) {
    for (var block = 0u; block < params.columnBlocks; block++) {
      let segment = segments[id.z * params.columnBlocks + block];
      let vAt = segment.uStart + (rows - rowStart) * segment.rank;
      var l0 = vec4f(); var l1 = vec4f(); var l2 = vec4f(); var l3 = vec4f();
      for (var q = 0u; q < segment.rank; q++) {
        let at = segment.aStart + q * params.inner + col;
        let a = segment.scaling * vec4f(lora[at], lora[at + 1u], lora[at + 2u], lora[at + 3u]);
        l0 += v[vAt.x + q] * a;
        l1 += v[vAt.y + q] * a;
        l2 += v[vAt.z + q] * a;
        l3 += v[vAt.w + q] * a;
      }
      @if(dropout) {
        let r = row - rowStart;
        l0 *= mask4(segment, r, col);
        l1 *= mask4(segment, r + 1u, col);
        l2 *= mask4(segment, r + 2u, col);
        l3 *= mask4(segment, r + 3u, col);
      }
      s0 += l0; s1 += l1; s2 += l2; s3 += l3;
    }
  }
  let weightVectors = params.inner / 4u;
  var w = col / 4u;
  for (var n = 0u; n < params.weightRows / 4u; n++) {
    let w1 = w + weightVectors; let w2 = w1 + weightVectors; let w3 = w2 + weightVectors;
    let four = mat4x4f(weight4(w), weight4(w1), weight4(w2), weight4(w3));
    s0 += four * dy[yAt.x + n];
    s1 += four * dy[yAt.y + n];
    s2 += four * dy[yAt.z + n];
    s3 += four * dy[yAt.w + n];
    w = w3 + weightVectors;
  }
  store4(row, rowEnd, col, s0);
  store4(row + 1u, rowEnd, col, s1);
  store4(row + 2u, rowEnd, col, s2);
  store4(row + 3u, rowEnd, col, s3);
}
