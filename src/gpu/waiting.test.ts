import { expect, it } from 'vitest';
import { Waiting } from './waiting.ts';

/** As Firefox 153 was found to be: done work is noticed at the next look, or at the next submit. */
class RarelyLooking {
  submits = 0;
  #waiting: (() => void)[] = [];

  constructor(readonly everyMs: number) {}

  submit(): undefined {
    this.submits++;
    for (const notice of this.#waiting.splice(0)) notice();
    return undefined;
  }

  onSubmittedWorkDone(): Promise<undefined> {
    return new Promise((resolve) => {
      this.#waiting.push(() => resolve(undefined));
      setTimeout(() => resolve(undefined), this.everyMs);
    });
  }
}

async function elapsedMs(work: Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work;
  return performance.now() - start;
}

it('asks a device that looks rarely, as long as somebody waits', async () => {
  const queue = new RarelyLooking(200);
  const waiting = new Waiting(queue);
  await waiting.learn();
  expect(queue.submits).toBe(0);
  const both = [waiting.until(queue.onSubmittedWorkDone()), waiting.until(queue.onSubmittedWorkDone())];
  expect(await elapsedMs(Promise.all(both))).toBeLessThan(150);
  const { submits } = queue;
  await new Promise((resolve) => setTimeout(resolve, 30));
  expect(queue.submits - submits).toBeLessThanOrEqual(1);
});

it('passes on why a wait failed, and stops asking', async () => {
  const queue = new RarelyLooking(200);
  const waiting = new Waiting(queue);
  await waiting.learn();
  await expect(waiting.until(Promise.reject(new Error('lost')))).rejects.toThrow('lost');
  const { submits } = queue;
  await new Promise((resolve) => setTimeout(resolve, 30));
  expect(queue.submits - submits).toBeLessThanOrEqual(1);
});

it('leaves a device alone that says at once when it is done', async () => {
  const queue = new RarelyLooking(0);
  const waiting = new Waiting(queue);
  await waiting.learn();
  await waiting.until(queue.onSubmittedWorkDone());
  expect(queue.submits).toBe(0);
});
