// Kernels that only the benchmark runs: the yardsticks. They are linked with the engine's own.
import type { ShaderFiles } from '../../src/gpu/shaders.ts';

export const BENCH_SHADERS: ShaderFiles = {
  // C = A·B: the plain register tile that everything better is compared with.
  'bench/plain.wgsl': `
// A: [size, size]  B: [size, size]  C: [size, size], as vec4. One invocation: 4 rows by 4 columns; no workgroup memory.
struct Params { size: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> a: array<vec4f>;
@group(0) @binding(2) var<storage, read> b: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> c: array<vec4f>;
@compute @workgroup_size(8, 8) fn main(@builtin(global_invocation_id) id: vec3u) {
  let stride = params.size / 4;
  if (id.x >= stride || id.y >= stride) { return; }
  var sums = array<vec4f, 4>();
  for (var k = 0u; k < stride; k++) {
    let b0 = b[(4 * k) * stride + id.x];
    let b1 = b[(4 * k + 1) * stride + id.x];
    let b2 = b[(4 * k + 2) * stride + id.x];
    let b3 = b[(4 * k + 3) * stride + id.x];
    for (var r = 0u; r < 4; r++) {
      let row = a[(4 * id.y + r) * stride + k];
      sums[r] += row.x * b0 + row.y * b1 + row.z * b2 + row.w * b3;
    }
  }
  for (var r = 0u; r < 4; r++) { c[(4 * id.y + r) * stride + id.x] = sums[r]; }
}`,
  'bench/copy.wgsl': `
// y = x, [count] vectors.
struct Params { count: u32, stride: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> y: array<vec4f>;
@compute @workgroup_size(256) fn main(@builtin(global_invocation_id) id: vec3u) {
  for (var i = id.x; i < params.count; i += params.stride) { y[i] = x[i]; }
}`,
};
