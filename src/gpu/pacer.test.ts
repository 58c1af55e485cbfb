import { describe, expect, it, vi } from 'vitest';
import { BoundPlan, Workspace } from './boundPlan.ts';
import type { Gpu } from './device.ts';
import { defaultSubmitMs, Pacer } from './pacer.ts';
import { Plan } from './plan.ts';
import { newTensor } from './tensor.ts';
import { openTestDevice } from './testDevice.ts';

const DISPATCHES = 24;
const COUNT = 1 << 20;

/** x += 1, `DISPATCHES` times; each counts a million operations. */
async function counter(gpu: Gpu) {
  const x = newTensor('x', [COUNT]);
  gpu.place(x.allocation);
  const plan = new Plan('test');
  for (let i = 0; i < DISPATCHES; i++) {
    plan.run({ path: 'increment' }, { buffers: [x], workgroups: [COUNT / 64], operations: 1e6 });
  }
  const bound = await BoundPlan.bind(gpu, await plan.layOut(gpu.shaders, gpu.limits), new Workspace());
  const first = async () => new Float32Array(await gpu.read(x, 4))[0];
  return { bound, first };
}

/** Runs the plan twice, the second time to learn from, one run after another. */
async function learned(gpu: Gpu, pacer: Pacer, bound: BoundPlan): Promise<Pacer> {
  for (let i = 0; i < 2; i++) {
    await pacer.submit([bound]);
    await gpu.device.queue.onSubmittedWorkDone();
  }
  return pacer;
}

describe('Pacer', () => {
  it('takes one submit for plans that are short on this device, and adds the end to it', async () => {
    const gpu = await openTestDevice();
    const { bound, first } = await counter(gpu);
    const pacer = await learned(gpu, new Pacer(gpu, 60_000), bound);
    const end = vi.fn();
    expect(await pacer.submit([bound, bound], end)).toBe(1);
    expect(end).toHaveBeenCalledTimes(1);
    expect(await first()).toBe(4 * DISPATCHES);
  });

  it('cuts what would take longer, by what it learned of the device, to the same result', async () => {
    const gpu = await openTestDevice();
    const { bound, first } = await counter(gpu);
    const { queue } = gpu.device;
    // A device whose every submit takes 12 ms.
    let clock = 0;
    const submitted = vi.spyOn(queue, 'submit');
    const done = queue.onSubmittedWorkDone.bind(queue);
    vi.spyOn(queue, 'onSubmittedWorkDone').mockImplementation(async () => {
      const until = 12 * submitted.mock.calls.length;
      await done();
      clock = Math.max(clock, until);
    });
    const pacer = await learned(gpu, new Pacer(gpu, 3, () => clock), bound);
    expect(pacer.operationsPerSubmit).toBe((DISPATCHES * 1e6) / 4);
    expect(await pacer.submit([bound])).toBe(4);
    expect(await first()).toBe(3 * DISPATCHES);
  });

  it('keeps no more than two full submits in the queue', async () => {
    const gpu = await openTestDevice();
    const { bound } = await counter(gpu);
    const pacer = new Pacer(gpu, 0.001);
    await learned(gpu, pacer, bound);
    let queued = 0;
    let most = 0;
    const { queue } = gpu.device;
    const submit = queue.submit.bind(queue);
    vi.spyOn(queue, 'submit').mockImplementation((buffers) => {
      submit(buffers);
      most = Math.max(most, ++queued);
      void queue.onSubmittedWorkDone().then(() => queued--);
    });
    expect(await pacer.submit([bound])).toBe(DISPATCHES);
    expect(most).toBeLessThanOrEqual(2);
  });
});

it('a desktop waits a tenth of a second at most, a software adapter has no desktop to freeze', () => {
  expect(defaultSubmitMs(false)).toBeLessThanOrEqual(100);
  expect(defaultSubmitMs(true)).toBeGreaterThan(defaultSubmitMs(false));
});
