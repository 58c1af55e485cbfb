// What differs between Node and a page: how adapters, shaders and peers are had.
import { Gpu } from '../../src/gpu/device.ts';
import type { ShaderFiles } from '../../src/gpu/shaders.ts';
import type { PeerStep } from './peers/peerStep.ts';
import type { StepProblem } from './stepProblem.ts';
import type { Table } from './table.ts';

export interface Peer {
  readonly name: string;
  readonly version: string;
  isInstalled(): Promise<boolean>;
  open(problem: StepProblem): Promise<PeerStep>;
}

/** Which kernel suits the device by kind of work, as tuning found it. */
export type Variants = ReadonlyMap<string, string>;

export interface BenchEnvironment {
  readonly where: 'node' | 'browser';
  /** Versions of what runs the GPU. */
  readonly runtime: string;
  readonly commit: string;
  readonly shaders: ShaderFiles;
  readonly peers: readonly Peer[];
  /** A new adapter each time: an adapter gives one device. */
  openAdapter(): Promise<GPUAdapter>;
  /** First steps from a loaded model in processes of their own, ms, tuned already; where processes can be had. */
  readonly coldSteps?: (times: number, variants: Variants) => Promise<number[]>;
  /** Processes that want to run, for each processor, where that is known. */
  readonly load?: () => number;
  log(text: string): void;
  show(table: Table): void;
}

/** A device of its own, tuned as `variants` say. */
export async function openGpu(environment: BenchEnvironment, variants: Variants): Promise<Gpu> {
  const gpu = await Gpu.open(await environment.openAdapter(), environment.shaders);
  gpu.traits = { ...gpu.traits, variants };
  return gpu;
}
