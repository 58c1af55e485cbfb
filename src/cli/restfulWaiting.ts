// Dawn's binding for Node asks for news in every turn of the event loop while a promise of WebGPU is open, and so keeps
// one core busy with asking. Where the kernels run on the CPU that core is theirs: here the thread sleeps between turns,
// for a small part of the time waited so far, so that short waits stay short.
import { globals } from 'webgpu';

const SHORTEST_MS = 0.05;
const LONGEST_MS = 1;

const cell = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
let open = 0;
let since = 0;
let isResting = false;

/** Makes every later wait for the GPU in this process a restful one. Once is enough; again does nothing. */
export function waitRestfully(): void {
  const { GPUQueue, GPUBuffer, GPUDevice } = globals as typeof globalThis;
  if (isPatched(GPUQueue.prototype.onSubmittedWorkDone)) return;
  GPUQueue.prototype.onSubmittedWorkDone = counted(GPUQueue.prototype.onSubmittedWorkDone);
  GPUBuffer.prototype.mapAsync = counted(GPUBuffer.prototype.mapAsync);
  GPUDevice.prototype.createComputePipelineAsync = counted(GPUDevice.prototype.createComputePipelineAsync);
}

const patched = new WeakSet<object>();

function isPatched(method: object): boolean {
  return patched.has(method);
}

function counted<T, A extends unknown[], R>(method: (this: T, ...args: A) => Promise<R>) {
  async function waiting(this: T, ...args: A): Promise<R> {
    const promise = method.apply(this, args);
    if (open === 0) since = performance.now();
    open++;
    if (!isResting) {
      isResting = true;
      setImmediate(rest);
    }
    try {
      return await promise;
    } finally {
      open--;
    }
  }
  patched.add(waiting);
  return waiting;
}

function rest(): void {
  isResting = open > 0;
  if (!isResting) return;
  const waited = performance.now() - since;
  Atomics.wait(cell, 0, 0, Math.min(LONGEST_MS, Math.max(SHORTEST_MS, waited / 32)));
  setImmediate(rest);
}
