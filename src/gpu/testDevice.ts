// For tests of the runtime itself: a device over a few small shaders, closed when the test file ends.
import { afterAll } from 'vitest';
import { openNodeAdapter } from '../cli/nodeGpu.ts';
import { Gpu } from './device.ts';

const HEAD = '@compute @workgroup_size(64) fn main(@builtin(global_invocation_id) id: vec3u)';

export const TEST_SHADERS = {
  'scale.wgsl': `struct Params { count: u32, factor: f32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;
${HEAD} { if (id.x < params.count) { y[id.x] = x[id.x] * params.factor; } }`,
  'increment.wgsl': `@group(0) @binding(0) var<storage, read_write> x: array<f32>;
${HEAD} { if (id.x < arrayLength(&x)) { x[id.x] += 1.0; } }`,
  'broken.wgsl': `@group(0) @binding(0) var<storage, read_write> x: array<f32>;
${HEAD} {
  let whole: u32 = 1.5;
  x[id.x] = f32(whole);
}`,
  'brokenImport.wgsl': `import package::brokenPart::half;
@group(0) @binding(0) var<storage, read_write> x: array<f32>;
${HEAD} { x[id.x] = half(x[id.x]); }`,
  'brokenPart.wgsl': `// A function that an importing shader cannot use.

fn half(value: f32) -> f32 {
  return value / 2u;
}`,
  'noEntry.wgsl': '@group(0) @binding(0) var<storage, read_write> x: array<f32>;\nfn other() { x[0] = 1.0; }',
};

const opened: { gpu: Gpu; handle: Awaited<ReturnType<typeof openNodeAdapter>> }[] = [];

/** A device of its own; no adapter is a failure. */
export async function openTestDevice(): Promise<Gpu> {
  const handle = await openNodeAdapter();
  const gpu = await Gpu.open(handle.adapter, TEST_SHADERS);
  opened.push({ gpu, handle });
  return gpu;
}

afterAll(() => {
  for (const { gpu } of opened) gpu.destroy();
});
