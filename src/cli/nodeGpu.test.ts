// Every kind of adapter that this machine has must be found unaided and must run a compute dispatch.
import { describe, expect, it } from 'vitest';
import { openNodeAdapter } from './nodeGpu.ts';
import { findDriverManifests } from './softwareVulkan.ts';

const doubleEach = `
@group(0) @binding(0) var<storage, read_write> values: array<f32>;
@compute @workgroup_size(4) fn main(@builtin(global_invocation_id) id: vec3u) { values[id.x] = values[id.x] * 2.0; }
`;

async function runDoubleEach(adapter: GPUAdapter, input: Float32Array<ArrayBuffer>): Promise<number[]> {
  const device = await adapter.requestDevice();
  const { STORAGE, COPY_SRC, COPY_DST, MAP_READ } = GPUBufferUsage;
  const values = device.createBuffer({ size: input.byteLength, usage: STORAGE | COPY_SRC | COPY_DST });
  const staging = device.createBuffer({ size: input.byteLength, usage: MAP_READ | COPY_DST });
  device.queue.writeBuffer(values, 0, input);
  const module = device.createShaderModule({ code: doubleEach });
  const pipeline = await device.createComputePipelineAsync({ layout: 'auto', compute: { module } });
  const entries = [{ binding: 0, resource: { buffer: values } }];
  const bindGroup = device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries });
  const encoder = device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  pass.setPipeline(pipeline);
  pass.setBindGroup(0, bindGroup);
  pass.dispatchWorkgroups(input.length / 4);
  pass.end();
  encoder.copyBufferToBuffer(values, 0, staging, 0, input.byteLength);
  device.queue.submit([encoder.finish()]);
  await staging.mapAsync(GPUMapMode.READ);
  const result = Array.from(new Float32Array(staging.getMappedRange()));
  device.destroy();
  return result;
}

describe('openNodeAdapter', () => {
  it('finds an adapter that computes', async () => {
    const { adapter, describe: name } = await openNodeAdapter();
    expect(name).not.toBe('');
    expect(await runDoubleEach(adapter, new Float32Array([1, 2, 3, 4]))).toEqual([2, 4, 6, 8]);
  });

  const installed = (['lavapipe', 'swiftshader'] as const).filter((kind) => findDriverManifests(kind).length > 0);
  const isForced = ['RANKWISE_ADAPTER', 'RANKWISE_VULKAN_DRIVER', 'VK_ICD_FILENAMES'].some((name) => process.env[name]);
  it.runIf(!isForced).each(installed)('opens %s when asked to, and it computes', async (kind) => {
    const { adapter, describe: name, isSoftware } = await openNodeAdapter({ prefer: kind });
    expect(name).toMatch(kind === 'lavapipe' ? /llvmpipe/ : /SwiftShader/);
    expect(isSoftware).toBe(true);
    expect(await runDoubleEach(adapter, new Float32Array([1, 2, 3, 4]))).toEqual([2, 4, 6, 8]);
  });
});
