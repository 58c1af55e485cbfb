// WebGPU under Node, through Dawn (npm `webgpu`): a real GPU where there is one, else a software Vulkan driver
// that is found without the user setting anything.
//
// The Vulkan loader reads VK_ICD_FILENAMES when a Dawn instance first asks for adapters, and Node passes a change of
// process.env on to it at run time, so candidates are tried one after another in one process, without a launcher. (In a
// worker_threads worker process.env is a copy that the loader never sees: use processes there.)
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { create, globals } from 'webgpu';
import { adapterName, isSoftwareAdapter } from '../gpu/device.ts';
import { waitRestfully } from './restfulWaiting.ts';
import { findDriverManifests } from './softwareVulkan.ts';

export type AdapterKind = 'gpu' | 'lavapipe' | 'swiftshader';

export interface OpenNodeAdapterOptions {
  /** Take this kind and no other. Without it: a GPU, else lavapipe, else SwiftShader. */
  prefer?: AdapterKind;
}

export interface NodeAdapter {
  gpu: GPU;
  adapter: GPUAdapter;
  /** One line for people: the device's name. */
  describe: string;
  /** The work runs on the CPU. */
  isSoftware: boolean;
}

/** No adapter of the wanted kind; the message says in one line what to install. */
export class NoNodeAdapterError extends Error {
  override name = 'NoNodeAdapterError';
}

interface Candidate {
  /** ICD manifest for VK_ICD_FILENAMES; null leaves the choice to the system. */
  manifest: string | null;
  accepts: (adapter: GPUAdapter) => boolean;
}

// Dawn crashes when an instance is collected while a device made from it lives, so every instance is kept. That does
// not hold the process open: Node exits when its own work is done.
const openInstances: GPU[] = [];

/**
 * Opens a WebGPU adapter under Node, and puts WebGPU's constants and classes (GPUBufferUsage, …) on globalThis.
 *
 * Environment: VK_ICD_FILENAMES or VK_DRIVER_FILES set by the user win; then RANKWISE_VULKAN_DRIVER (the path of an
 * ICD manifest); then RANKWISE_ADAPTER (gpu, lavapipe or swiftshader), which overrides `prefer`.
 *
 * @throws NoNodeAdapterError when nothing is found.
 */
export async function openNodeAdapter(options: OpenNodeAdapterOptions = {}): Promise<NodeAdapter> {
  if (!('GPUBufferUsage' in globalThis)) Object.assign(globalThis, globals);
  waitRestfully();
  const kind = adapterKindFrom(process.env.RANKWISE_ADAPTER) ?? options.prefer;
  for (const candidate of candidates(kind)) {
    const opened = await tryCandidate(candidate);
    if (opened !== null) return opened;
  }
  throw new NoNodeAdapterError(whatToInstall(kind));
}

function adapterKindFrom(value: string | undefined): AdapterKind | undefined {
  if (value === undefined || value === '') return undefined;
  if (value === 'gpu' || value === 'lavapipe' || value === 'swiftshader') return value;
  throw new NoNodeAdapterError(`RANKWISE_ADAPTER: expected gpu, lavapipe or swiftshader, got ${value}`);
}

function candidates(kind: AdapterKind | undefined): Candidate[] {
  const any = () => true;
  const isHardware = (adapter: GPUAdapter) => !isSoftwareAdapter(adapter);
  if (isChosenByUser()) return [{ manifest: null, accepts: any }];
  const driver = process.env.RANKWISE_VULKAN_DRIVER;
  if (driver) {
    if (!existsSync(driver)) throw new NoNodeAdapterError(`RANKWISE_VULKAN_DRIVER: no such file: ${driver}`);
    return [{ manifest: driver, accepts: any }];
  }
  if (kind === 'gpu') return [{ manifest: null, accepts: isHardware }];
  // macOS and Windows bring their own driver, software included.
  if (process.platform !== 'linux') return [{ manifest: null, accepts: any }];
  const software = (kind === undefined ? (['lavapipe', 'swiftshader'] as const) : [kind])
    .flatMap(findDriverManifests)
    .map((manifest) => ({ manifest, accepts: any }));
  return kind === undefined ? [{ manifest: null, accepts: isHardware }, ...software] : software;
}

function isChosenByUser(): boolean {
  return Boolean(process.env.VK_ICD_FILENAMES || process.env.VK_DRIVER_FILES);
}

async function tryCandidate({ manifest, accepts }: Candidate): Promise<NodeAdapter | null> {
  if (process.platform === 'linux') process.env.XDG_RUNTIME_DIR ??= tmpdir();
  if (manifest !== null) process.env.VK_ICD_FILENAMES = manifest;
  const gpu = create([]);
  openInstances.push(gpu);
  // The drivers are loaded within this call, before it first yields.
  const request = gpu.requestAdapter({ powerPreference: 'high-performance' });
  if (manifest !== null) delete process.env.VK_ICD_FILENAMES;
  const adapter = await request;
  if (adapter === null || !accepts(adapter)) return null;
  return { gpu, adapter, describe: lineAbout(adapter), isSoftware: isSoftwareAdapter(adapter) };
}

function lineAbout(adapter: GPUAdapter): string {
  const name = adapterName(adapter.info);
  return isSoftwareAdapter(adapter) ? `${name}, on the CPU` : name;
}

function whatToInstall(kind: AdapterKind | undefined): string {
  if (isChosenByUser())
    return 'no WebGPU adapter with the Vulkan driver that VK_ICD_FILENAMES or VK_DRIVER_FILES names';
  if (process.env.RANKWISE_VULKAN_DRIVER) return 'no WebGPU adapter with the driver that RANKWISE_VULKAN_DRIVER names';
  switch (kind) {
    case 'gpu':
      return 'no GPU that WebGPU can use: install its Vulkan driver, or leave RANKWISE_ADAPTER unset for the CPU';
    case 'lavapipe':
      return 'no lavapipe new enough for WebGPU: install mesa-vulkan-drivers 24 or later';
    case 'swiftshader':
      return 'no SwiftShader: install Chromium or Chrome, which bring it, and libvulkan1';
    default:
      return process.platform === 'linux'
        ? 'no WebGPU adapter: install a GPU driver, mesa-vulkan-drivers 24 or later, or Chromium and libvulkan1'
        : 'no WebGPU adapter: update the graphics driver of this machine';
  }
}
