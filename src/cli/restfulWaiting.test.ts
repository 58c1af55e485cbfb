import { expect, test } from 'vitest';
import { openNodeAdapter } from './nodeGpu.ts';

const BUSY = `
  @group(0) @binding(0) var<storage, read_write> out: array<f32>;
  @compute @workgroup_size(8) fn main(@builtin(global_invocation_id) id: vec3u) {
    var sum = f32(id.x);
    for (var i = 0u; i < 200000u; i++) { sum = sum * 0.999 + 0.5; }
    out[id.x] = sum;
  }`;

test('the thread sleeps while the GPU works, where the binding alone would ask for news all the time', async () => {
  const { adapter } = await openNodeAdapter();
  const device = await adapter.requestDevice();
  const module = device.createShaderModule({ code: BUSY });
  const pipeline = await device.createComputePipelineAsync({ layout: 'auto', compute: { module } });
  const buffer = device.createBuffer({ size: 8 * 4096, usage: GPUBufferUsage.STORAGE });
  const group = device.createBindGroup({
    layout: pipeline.getBindGroupLayout(0),
    entries: [{ binding: 0, resource: { buffer } }],
  });
  const encoder = device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  pass.setPipeline(pipeline);
  pass.setBindGroup(0, group);
  pass.dispatchWorkgroups(256);
  pass.end();

  const start = performance.now();
  let isDone = false;
  let turns = 0;
  const countTurns = () => {
    turns++;
    if (!isDone) setImmediate(countTurns);
  };
  setImmediate(countTurns);
  device.queue.submit([encoder.finish()]);
  await device.queue.onSubmittedWorkDone();
  isDone = true;
  const elapsedMs = performance.now() - start;
  device.destroy();

  expect(turns).toBeLessThan(100 + 2 * elapsedMs);
});
