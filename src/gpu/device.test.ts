import { describe, expect, it } from 'vitest';
import { openNodeAdapter } from '../cli/nodeGpu.ts';
import { Gpu } from './device.ts';
import { GpuUsageError, NoGpuError, OutOfGpuMemoryError, ShaderError } from './errors.ts';
import { newTensor, viewOf } from './tensor.ts';
import { openTestDevice, TEST_SHADERS } from './testDevice.ts';

describe('Gpu', () => {
  it('says what the adapter is and may be asked for', async () => {
    const gpu = await openTestDevice();
    expect(gpu.adapter.name).not.toBe('');
    expect(gpu.limits).toEqual(gpu.adapter.limits);
    expect(gpu.limits.maxStorageBufferBindingSize).toBeGreaterThanOrEqual(128 * 2 ** 20);
    expect(gpu.has('timestamp-query')).toBe(gpu.adapter.features.includes('timestamp-query'));
  });

  it('gives the reason when an adapter refuses a device', async () => {
    const { adapter } = await openNodeAdapter();
    const first = await Gpu.open(adapter, TEST_SHADERS);
    // An adapter gives one device; a second request is refused.
    const second = Gpu.open(adapter, TEST_SHADERS);
    await expect(second).rejects.toThrow(NoGpuError);
    await expect(second).rejects.toThrow('The adapter refused a device:');
    first.destroy();
  });

  it('counts what it creates and holds', async () => {
    const gpu = await openTestDevice();
    const small = gpu.createBuffer('small', 3, GPUBufferUsage.STORAGE);
    const large = gpu.createBuffer('large', 1002, GPUBufferUsage.STORAGE);
    expect([small.size, large.size, gpu.allocatedBytes]).toEqual([16, 1004, 1020]);
    gpu.destroyBuffer(large);
    expect([gpu.allocatedBytes, gpu.peakAllocatedBytes]).toEqual([16, 1020]);
    const kernel = await gpu.shaders.link({ path: 'increment' });
    const both = await Promise.all([gpu.pipeline(kernel), gpu.pipeline(kernel)]);
    expect(both[0]).toBe(both[1]);
    expect(gpu.created).toEqual({ buffers: 2, bindGroups: 0, pipelines: 1, shaderModules: 1 });
  });

  it('writes and reads whole tensors, parts and views', async () => {
    const gpu = await openTestDevice();
    const whole = newTensor('whole', [100]);
    const values = Float32Array.from({ length: 100 }, (_, i) => i);
    gpu.place(whole.allocation);
    gpu.write(whole, values);
    const tail = viewOf(whole, 'tail', [36], 256);
    gpu.write(tail, Float32Array.of(-1, -2), 8);
    values.set([-1, -2], 66);
    expect(new Float32Array(await gpu.read(whole))).toEqual(values);
    expect(new Float32Array(await gpu.read(tail))).toEqual(values.subarray(64));
    expect(new Float32Array(await gpu.read(tail, 12))).toEqual(values.subarray(64, 67));
    gpu.free(whole.allocation);
    expect(gpu.allocatedBytes).toBe(0);
    await expect(gpu.read(whole)).rejects.toThrow('whole: not placed');
    expect(() => gpu.write(whole, values)).toThrow('whole: not placed');
  });

  it('refuses a view that is not inside its tensor or not aligned', () => {
    const whole = newTensor('whole', [100]);
    expect(() => viewOf(whole, 'tail', [37], 256)).toThrow(
      'viewOf: expected an aligned range inside whole (400 bytes), got 256–404',
    );
    expect(() => viewOf(whole, 'tail', [1], 128)).toThrow(GpuUsageError);
  });

  it('leaves scratch tensors to their plan', async () => {
    const gpu = await openTestDevice();
    const tensor = newTensor('logits', [4], { isScratch: true });
    expect(() => gpu.place(tensor.allocation)).toThrow('logits: scratch tensors are placed by their plan');
  });

  it('refuses a buffer above the limit, with both sizes', async () => {
    const gpu = await openTestDevice();
    const { maxBufferSize } = gpu.limits;
    const make = () => gpu.createBuffer('weights', maxBufferSize + 4, GPUBufferUsage.STORAGE);
    expect(make).toThrow(OutOfGpuMemoryError);
    expect(make).toThrow(`weights: ${maxBufferSize + 4} bytes; this adapter allows ${maxBufferSize} in one buffer`);
    expect(gpu.created.buffers).toBe(0);
  });

  it('`allocating` passes on results and failures, and leaves no error scope open', async () => {
    const gpu = await openTestDevice();
    expect(await gpu.allocating('a number', () => 7)).toBe(7);
    const failing = gpu.allocating('a failure', () => Promise.reject(new Error('no such file')));
    await expect(failing).rejects.toThrow('no such file');
    await expect(gpu.device.popErrorScope()).rejects.toThrow();
  });

  it('shows the file, the line and its neighbours when a shader does not compile', async () => {
    const gpu = await openTestDevice();
    const compiling = gpu.pipeline(await gpu.shaders.link({ path: 'broken' }));
    await expect(compiling).rejects.toThrow(ShaderError);
    await expect(compiling).rejects.toThrow('shaders/broken.wgsl, line 3: ');
    await expect(compiling).rejects.toThrow(
      '\n    3 |   let whole: u32 = 1.5;\n    4 |   x[id.x] = f32(whole);\n    5 | }',
    );
  });

  it('shows the imported file when the fault is there', async () => {
    const gpu = await openTestDevice();
    const compiling = gpu.pipeline(await gpu.shaders.link({ path: 'brokenImport' }));
    await expect(compiling).rejects.toThrow('shaders/brokenPart.wgsl, line 4: ');
    await expect(compiling).rejects.toThrow('\n    4 |   return value / 2u;\n    5 | }');
  });

  it('names the shader that has no entry point', async () => {
    const gpu = await openTestDevice();
    const compiling = gpu.pipeline(await gpu.shaders.link({ path: 'noEntry' }));
    await expect(compiling).rejects.toThrow(ShaderError);
    await expect(compiling).rejects.toThrow('shaders/noEntry.wgsl:');
  });

  it('gives itself up when it refuses a command that nobody watches', async () => {
    const gpu = await openTestDevice();
    const [from, to] = [1, 2].map((i) => gpu.createBuffer(`${i}`, 16, GPUBufferUsage.COPY_DST));
    const encoder = gpu.device.createCommandEncoder();
    encoder.copyBufferToBuffer(from!, 0, to!, 0, 16);
    gpu.device.queue.submit([encoder.finish()]);
    const { name, message } = await gpu.lost;
    expect(name).toBe('DeviceLostError');
    expect(message).toMatch(/^The GPU refused a command: ./);
    expect((await gpu.device.lost).reason).toBe('destroyed');
  });

  it('does not report its own destruction as a loss, and ends reads under way', async () => {
    const gpu = await openTestDevice();
    const tensor = newTensor('values', [4]);
    gpu.place(tensor.allocation);
    const reading = expect(gpu.read(tensor)).rejects.toThrow();
    gpu.destroy();
    await reading;
    expect((await gpu.device.lost).reason).toBe('destroyed');
    const quiet = new Promise((resolve) => setTimeout(() => resolve('quiet'), 20));
    expect(await Promise.race([gpu.lost, quiet])).toBe('quiet');
  });
});
