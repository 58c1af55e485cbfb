// What LoRA saves on a model, and whether some machines hold the run: the sums of the LoRA paper (arXiv 2106.09685, section
// 4.2) for anyone's choice of rank, matrices and optimizer.
import type { AdapterSpec } from '../../adapters/adapterSet.ts';
import type { Architecture } from '../../model/architecture.ts';
import {
  type MachineMemory,
  type MachineSetup,
  machineMemory,
  momentsOf,
  parametersOf,
  trainedParametersOf,
} from './machineMemory.ts';

export interface BigPlan {
  readonly parameters: number;
  readonly trainedParameters: number;
  /** Everything in 16 bits, as the paper counts: weights, gradients and moments; what is kept of a task. */
  readonly everyWeight: { readonly trainingBytes: number; readonly checkpointBytes: number };
  readonly adapter: { readonly trainingBytes: number; readonly checkpointBytes: number };
  /** Of each GPU. */
  readonly memory: MachineMemory;
  readonly fits: boolean;
  /** The fewest GPUs of this size that hold it in the same way; null where no number does. */
  readonly leastGpus: number | null;
}

const MOST_GPUS = 4096;

export function bigPlan(a: Architecture, spec: AdapterSpec, setup: MachineSetup): BigPlan {
  const parameters = parametersOf(a);
  const trainedParameters = trainedParametersOf(a, spec);
  const trained = 2 * (2 + momentsOf(setup.optimizer));
  const memory = machineMemory(a, spec, setup);
  return {
    parameters,
    trainedParameters,
    everyWeight: { trainingBytes: parameters * trained, checkpointBytes: parameters * 2 },
    adapter: {
      trainingBytes: parameters * 2 + trainedParameters * trained,
      checkpointBytes: trainedParameters * 2,
    },
    memory,
    fits: memory.total <= setup.gpuBytes,
    leastGpus: leastGpus(a, spec, setup),
  };
}

/** Memory falls with every GPU that the model is cut over. */
function leastGpus(a: Architecture, spec: AdapterSpec, setup: MachineSetup): number | null {
  const holds = (gpus: number) => machineMemory(a, spec, { ...setup, gpus }).total <= setup.gpuBytes;
  if (setup.sharding === 'none') return holds(1) ? 1 : null;
  if (!holds(MOST_GPUS)) return null;
  let [fewest, enough] = [1, MOST_GPUS];
  while (fewest < enough) {
    const middle = Math.floor((fewest + enough) / 2);
    if (holds(middle)) enough = middle;
    else fewest = middle + 1;
  }
  return enough;
}
