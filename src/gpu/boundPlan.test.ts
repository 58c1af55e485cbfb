import { describe, expect, it } from 'vitest';
import { BoundPlan, Workspace } from './boundPlan.ts';
import type { Gpu } from './device.ts';
import { GpuUsageError } from './errors.ts';
import { type Pass, Plan } from './plan.ts';
import { newTensor, type Tensor } from './tensor.ts';
import { openTestDevice } from './testDevice.ts';

const COUNT = 300;

function scale(pass: Pass, x: Tensor, y: Tensor, factor: number, operations = 0): void {
  const workgroups = [Math.ceil(COUNT / 64)];
  pass.run({ path: 'scale' }, { params: { count: COUNT, factor }, buffers: [x, y], workgroups, operations });
}

function increment(pass: Pass, x: Tensor): void {
  pass.run({ path: 'increment' }, { buffers: [x], workgroups: [Math.ceil(COUNT / 64)] });
}

/** A placed tensor of the numbers from 0. */
function counting(gpu: Gpu): Tensor {
  const tensor = newTensor('x', [COUNT]);
  gpu.place(tensor.allocation);
  gpu.write(
    tensor,
    Float32Array.from({ length: COUNT }, (_, i) => i),
  );
  return tensor;
}

async function bind(gpu: Gpu, workspace: Workspace, record: (pass: Pass) => void): Promise<BoundPlan> {
  const plan = new Plan('test');
  record(plan);
  const laidOut = await plan.layOut(gpu.shaders, gpu.limits);
  workspace.reserve(laidOut.layout);
  return BoundPlan.bind(gpu, laidOut, workspace);
}

/** y = 6x through two scratch tensors, then y += 1: x ends as it was. */
async function sixTimes(gpu: Gpu) {
  const [x, y] = [counting(gpu), counting(gpu)];
  const workspace = new Workspace();
  const bound = await bind(gpu, workspace, (pass) => {
    const [double, triple] = [pass.scratch('2x', [COUNT]), pass.scratch('6x', [COUNT])];
    scale(pass, x, double, 2, 60);
    scale(pass, double, triple, 3, 60);
    scale(pass, triple, y, 1, 60);
    increment(pass, y);
  });
  return { x, y, workspace, bound };
}

describe('BoundPlan', () => {
  it('replays with nothing created anew', async () => {
    const gpu = await openTestDevice();
    const { x, y, bound } = await sixTimes(gpu);
    const before = { ...gpu.created };
    expect(before.pipelines).toBe(2);
    expect(before.bindGroups).toBe(4);
    gpu.device.pushErrorScope('validation');
    for (const factor of [1, 2, 3]) {
      gpu.write(
        x,
        Float32Array.from({ length: COUNT }, (_, i) => i * factor),
      );
      bound.submit(gpu);
    }
    expect(await gpu.device.popErrorScope()).toBeNull();
    expect(gpu.created).toEqual(before);
    expect(new Float32Array(await gpu.read(y))).toEqual(Float32Array.from({ length: COUNT }, (_, i) => 18 * i + 1));
  });

  it('allocates exactly what the workspace foretells', async () => {
    const gpu = await openTestDevice();
    const { workspace, bound, x, y } = await sixTimes(gpu);
    const resident = x.allocation.sizeBytes + y.allocation.sizeBytes;
    expect(gpu.allocatedBytes).toBe(workspace.sizeBytes + bound.plan.paramBytes + resident);
    bound.free(gpu);
    workspace.free(gpu);
    expect(gpu.allocatedBytes).toBe(resident);
  });

  it('cuts submits by their arithmetic, and always makes progress', async () => {
    const gpu = await openTestDevice();
    const { y, bound } = await sixTimes(gpu);
    expect(bound.submit(gpu)).toBe(1);
    expect(bound.submit(gpu, 120)).toBe(2);
    expect(bound.submit(gpu, 1)).toBe(3 + 1);
    expect(new Float32Array(await gpu.read(y, 12))).toEqual(Float32Array.of(1, 7, 13));
  });

  it('lets plans of different shapes share one workspace', async () => {
    const gpu = await openTestDevice();
    const workspace = new Workspace();
    const [x, y] = [counting(gpu), counting(gpu)];
    const laidOut = await Promise.all(
      [2, 5].map((factor) => {
        const plan = new Plan(`times ${factor}`);
        const middle = plan.scratch('middle', [COUNT * factor]);
        scale(plan, x, middle, factor);
        scale(plan, middle, y, 1);
        return plan.layOut(gpu.shaders, gpu.limits);
      }),
    );
    for (const plan of laidOut) workspace.reserve(plan.layout);
    expect(workspace.sizeBytes).toBe(Math.ceil((COUNT * 5 * 4) / 256) * 256);
    for (const [i, factor] of [2, 5].entries()) {
      const bound = await BoundPlan.bind(gpu, laidOut[i]!, workspace);
      bound.submit(gpu);
      expect(new Float32Array(await gpu.read(y, 12))).toEqual(Float32Array.of(0, factor, 2 * factor));
    }
    expect(() => workspace.reserve(laidOut[0]!.layout)).toThrow('workspace: already allocated');
  });

  it('names a tensor that has no buffer', async () => {
    const gpu = await openTestDevice();
    const unplaced = newTensor('weights', [COUNT]);
    const binding = bind(gpu, new Workspace(), (pass) => increment(pass, unplaced));
    await expect(binding).rejects.toThrow('weights: used in a plan but has no buffer');
  });

  it('times every kernel, where there are timestamps', async () => {
    const gpu = await openTestDevice();
    const { y, bound } = await sixTimes(gpu);
    if (!gpu.has('timestamp-query')) {
      await expect(bound.profile(gpu)).rejects.toThrow('profile: this adapter offers no timestamp queries');
      return;
    }
    const times = await bound.profile(gpu);
    expect(times.map(({ kernel }) => kernel).sort()).toEqual(['increment', 'scale']);
    expect(times.find(({ kernel }) => kernel === 'scale')).toMatchObject({ calls: 3, operations: 180 });
    expect(times[0]!.elapsedMs).toBeGreaterThanOrEqual(times[1]!.elapsedMs);
    for (const { elapsedMs } of times) expect(elapsedMs).toBeLessThan(10_000);
    expect(times[1]!.elapsedMs).toBeGreaterThanOrEqual(0);
    expect(new Float32Array(await gpu.read(y, 8))).toEqual(Float32Array.of(1, 7));
  });
});

describe('Plan', () => {
  it('checks every dispatch before any buffer is made', async () => {
    const gpu = await openTestDevice();
    const x = newTensor('x', [COUNT]);
    const layOut = (record: (pass: Pass) => void) => {
      const plan = new Plan('test');
      record(plan);
      return plan.layOut(gpu.shaders, gpu.limits);
    };
    const params = { count: 1, factor: 1 };
    await expect(
      layOut((pass) => pass.run({ path: 'scale' }, { params, buffers: [x], workgroups: [1] })),
    ).rejects.toThrow('scale: expected 2 buffers, got 1');
    for (const workgroups of [[0], [1, 65_536]]) {
      const tooMany = layOut((pass) => pass.run({ path: 'increment' }, { buffers: [x], workgroups }));
      await expect(tooMany).rejects.toThrow(GpuUsageError);
      await expect(tooMany).rejects.toThrow('increment: expected 1–65535 workgroups');
    }
    const limit = gpu.limits.maxStorageBufferBindingSize;
    const huge = newTensor('huge', [limit / 4 + 1]);
    await expect(layOut((pass) => increment(pass, huge))).rejects.toThrow('increment: x (huge) has');
    expect(gpu.created.buffers).toBe(0);
  });
});
