// What the step is compared with. Each is loaded when it is asked for, so that the benchmark runs without them.
import type { Peer } from '../environment.ts';
import type { StepProblem } from '../stepProblem.ts';
import type { PeerStep } from './peerStep.ts';

export const PEERS: readonly Peer[] = [
  peer('jax-js', '0.1.25', async () => (await import('./jaxStep.ts')).openJaxStep),
  peer('TensorFlow.js', '4.22.0', async () => (await import('./tensorflowStep.ts')).openTensorflowStep),
];

function peer(name: string, version: string, load: () => Promise<(problem: StepProblem) => Promise<PeerStep>>): Peer {
  return {
    name,
    version,
    isInstalled: () =>
      load().then(
        () => true,
        () => false,
      ),
    open: async (problem) => (await load())(problem),
  };
}
