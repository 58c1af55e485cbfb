// What the tests plan for.
import type { AdapterSpec } from '../../adapters/adapterSet.ts';
import type { Architecture } from '../../model/architecture.ts';
import { architectureOfKnown, KNOWN_MODELS } from './knownModels.ts';
import type { MachineSetup } from './machineMemory.ts';

export function known(id: string): Architecture {
  const model = KNOWN_MODELS.find((one) => one.id === id);
  if (!model) throw new Error(`no model ${id}`);
  return architectureOfKnown(model);
}

export function spec(rank: number, ...targets: AdapterSpec['targets']): AdapterSpec {
  return { rank, alpha: rank, dropout: 0, useRslora: false, targets };
}

const shared = { dtype: 'bfloat16', checkpointing: true, sharding: 'fsdp' } as const;
const rows = { microBatch: 1, length: 2048, targets: 512 };
const optimizer = { kind: 'adamw', beta1: 0.9, beta2: 0.999, eps: 1e-8 } as const;
export const EIGHT_OF_80_GB: MachineSetup = { ...shared, ...rows, gpus: 8, gpuBytes: 80e9, optimizer };
