// The peers under Node: installed into this folder when they are not there, and given a `navigator` to find WebGPU on.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { Peer } from './environment.ts';
import { PEERS } from './peers/peers.ts';

const FOLDER = fileURLToPath(new URL('.', import.meta.url));
const NEEDED = ['@jax-js/jax', '@tensorflow/tfjs', '@tensorflow/tfjs-backend-webgpu'];

/** The peers, or none when they cannot be installed; `log` says why. */
export function installPeers(log: (text: string) => void): readonly Peer[] {
  if (!isInstalled()) {
    log('Installing the libraries to compare with (e2e/bench/package.json) …');
    const { status } = spawnSync('npm', ['install', '--no-audit', '--no-fund', '--loglevel', 'error'], {
      cwd: FOLDER,
      stdio: ['ignore', 2, 2],
      shell: process.platform === 'win32',
    });
    if (status !== 0 || !isInstalled()) {
      log('They could not be installed (no network?); going on without them.');
      return [];
    }
  }
  return PEERS;
}

function isInstalled(): boolean {
  return NEEDED.every((name) => existsSync(`${FOLDER}node_modules/${name}/package.json`));
}

/** Libraries that look for `navigator.gpu` find this one. */
export function provideNavigator(gpu: GPU): void {
  const value = { gpu, userAgent: 'Node.js', hardwareConcurrency: availableParallelism() };
  Object.defineProperty(globalThis, 'navigator', { value, configurable: true });
}
