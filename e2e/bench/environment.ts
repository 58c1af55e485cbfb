// What differs between Node and a page: how adapters, shaders and peers are had.
import type { ShaderFiles } from '../../src/gpu/shaders.ts';
import type { PeerStep } from './peers/peerStep.ts';
import type { StepProblem } from './stepProblem.ts';

export interface Peer {
  readonly name: string;
  readonly version: string;
  isInstalled(): Promise<boolean>;
  open(problem: StepProblem): Promise<PeerStep>;
}

export interface BenchEnvironment {
  readonly where: 'node' | 'browser';
  /** Versions of what runs the GPU. */
  readonly runtime: string;
  readonly commit: string;
  readonly shaders: ShaderFiles;
  readonly peers: readonly Peer[];
  /** A new adapter each time: an adapter gives one device. */
  openAdapter(): Promise<GPUAdapter>;
  /** First steps from a loaded model in processes of their own, ms; where processes can be had. */
  readonly coldSteps?: (times: number) => Promise<number[]>;
  log(text: string): void;
}
