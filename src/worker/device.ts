// The one GPU device: opened on request, announced when it is lost, opened anew when asked again.
import { Gpu } from '../gpu/device.ts';
import { NoGpuError } from '../gpu/errors.ts';
import { defaultSubmitMs } from '../gpu/pacer.ts';
import { likelyBudgetBytes } from '../training/memoryBudget.ts';
import { post } from './post.ts';
import type { DeviceState } from './protocol/device.ts';
import { SHADER_FILES } from './shaderFiles.ts';
import { tuneForPage } from './tuning.ts';

let opening: Promise<DeviceState> | undefined;
let gpu: Gpu | undefined;
/** Settles when the device is tuned. */
let tuning: Promise<void> = Promise.resolve();
const lossListeners: ((reason: string) => void)[] = [];

/** Called after a loss, when the device and everything on it are gone, and before the page is told. */
export function onDeviceLost(listener: (reason: string) => void): void {
  lossListeners.push(listener);
}

export function openDevice(): Promise<DeviceState> {
  opening ??= open();
  return opening;
}

/** The device, if there is one. */
export function currentGpu(): Gpu | undefined {
  return gpu;
}

/** The device, opened if need be, with the kernels that were measured to suit it. Throws NoGpuError. */
export async function requireGpu(): Promise<Gpu> {
  const state = await openDevice();
  await tuning;
  if (gpu) return gpu;
  throw new NoGpuError(state.kind === 'missing' ? state.reason : 'The GPU was lost; open it again.');
}

async function open(): Promise<DeviceState> {
  const state = await tryOpen();
  if (state.kind === 'missing') opening = undefined;
  return state;
}

async function tryOpen(): Promise<DeviceState> {
  if (!('gpu' in navigator) || !navigator.gpu) {
    return missing(
      self.isSecureContext
        ? 'This browser has no WebGPU, or has it turned off. Chrome and Edge 127, Safari 26 and Firefox 141 (145 on a Mac) or newer have it.'
        : 'WebGPU works on https pages and on localhost only; this page is on neither.',
    );
  }
  try {
    const adapter = await navigator.gpu.requestAdapter({ powerPreference: 'high-performance' });
    if (!adapter) {
      return missing(
        'This browser has WebGPU but offers no GPU. Turn on hardware acceleration in its settings, or update the graphics driver.',
      );
    }
    const opened = await Gpu.open(adapter, SHADER_FILES);
    gpu = opened;
    tuning = tuneForPage(opened);
    opened.lost.then(({ message }) => lose(opened, message.replace(/[.\s]+$/, '')));
    const { name, isSoftware, limits } = opened.adapter;
    return {
      kind: 'ready',
      name,
      isSoftware,
      maxBufferBytes: limits.maxBufferSize,
      maxBindingBytes: limits.maxStorageBufferBindingSize,
      likelyBudgetBytes: likelyBudgetBytes({
        isSoftware,
        maxBufferBytes: limits.maxBufferSize,
        machineBytes: machineBytes(),
      }),
      defaultSubmitMs: defaultSubmitMs(isSoftware),
      features: [...opened.device.features],
    };
  } catch (error) {
    return missing(`The GPU could not be opened: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** What the browser tells of the machine's memory; Chromium does, rounded. */
function machineBytes(): number | undefined {
  const { deviceMemory } = navigator as Navigator & { deviceMemory?: number };
  return deviceMemory === undefined ? undefined : deviceMemory * 1e9;
}

function missing(reason: string): DeviceState {
  return { kind: 'missing', reason };
}

function lose(lost: Gpu, reason: string): void {
  if (gpu !== lost) return;
  gpu = undefined;
  opening = undefined;
  for (const listener of lossListeners) listener(reason);
  post({ kind: 'device', device: { kind: 'lost', reason } });
}
