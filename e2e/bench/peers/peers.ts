// What the step is compared with. Each is loaded when it is opened, so that the benchmark runs without them.
import type { Peer } from '../environment.ts';

export const PEERS: readonly Peer[] = [
  {
    name: 'jax-js',
    version: '0.1.25',
    open: async (problem) => (await import('./jaxStep.ts')).openJaxStep(problem),
  },
  {
    name: 'TensorFlow.js',
    version: '4.22.0',
    open: async (problem) => (await import('./tensorflowStep.ts')).openTensorflowStep(problem),
  },
];
