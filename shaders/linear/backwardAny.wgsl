// linear/backward for sizes that are no multiples of 4: same bindings and meaning, element by element.
// One invocation: 4 rows × 4 columns of dx in registers. z: one group of rows with all its column blocks.
import package::linear::weight::weightAt;
import package::linear::backwardOperands::{params, store4};
@if(lora) import package::linear::backwardOperands::{segments, v, lora};
@if(dropout) import package::linear::backwardOperands::mask4;

@group(0) @binding(1) var<storage, read> dy: array<f32>;

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
  let lastRow = rowEnd - 1u;
  let c1 = min(col + 1u, params.inner - 1u);
  let c2 = min(col + 2u, params.inner - 1u);
  let c3 = min(col + 3u, params.inner - 1u);
  let y0 = min(row + 0u, lastRow) * params.cols + params.weightStart;
  let y1 = min(row + 1u, lastRow) * params.cols + params.weightStart;
  let y2 = min(row + 2u, lastRow) * params.cols + params.weightStart;
  let y3 = min(row + 3u, lastRow) * params.cols + params.weightStart;
  var s0 = vec4f();
  var s1 = vec4f();
  var s2 = vec4f();
  var s3 = vec4f();
  @if(lora) {
    for (var block = 0u; block < params.columnBlocks; block++) {
      let segment = segments[id.z * params.columnBlocks + block];
      let v0 = segment.uStart + (min(row + 0u, lastRow) - rowStart) * segment.rank;
      let v1 = segment.uStart + (min(row + 1u, lastRow) - rowStart) * segment.rank;
      let v2 = segment.uStart + (min(row + 2u, lastRow) - rowStart) * segment.rank;
      let v3 = segment.uStart + (min(row + 3u, lastRow) - rowStart) * segment.rank;
      var low = array<vec4f, 4>();
      for (var q = 0u; q < segment.rank; q++) {
        let a = segment.aStart + q * params.inner;
        let four = segment.scaling * vec4f(lora[a + col], lora[a + c1], lora[a + c2], lora[a + c3]);
        low[0] += v[v0 + q] * four;
        low[1] += v[v1 + q] * four;
        low[2] += v[v2 + q] * four;
        low[3] += v[v3 + q] * four;
      }
      @if(dropout) { for (var i = 0u; i < 4u; i++) { low[i] *= mask4(segment, row - rowStart + i, col); } }
      s0 += low[0];
      s1 += low[1];
      s2 += low[2];
      s3 += low[3];
    }
  }
  for (var n = 0u; n < params.weightRows; n++) {
    let w = n * params.inner;
    let four = vec4f(weightAt(w + col), weightAt(w + c1), weightAt(w + c2), weightAt(w + c3));
    s0 += dy[y0 + n] * four;
    s1 += dy[y1 + n] * four;
    s2 += dy[y2 + n] * four;
    s3 += dy[y3 + n] * four;
  }
  store4(row + 0u, rowEnd, col, s0);
  store4(row + 1u, rowEnd, col, s1);
  store4(row + 2u, rowEnd, col, s2);
  store4(row + 3u, rowEnd, col, s3);
}
