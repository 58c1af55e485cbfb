// Plans for bigger machines.
import type { MachineSetup } from '../../continue/planning/machineMemory.ts';
import type { Target } from '../../model/targets.ts';
import type { RunSettings } from '../../training/settings.ts';

export interface BigModel {
  id: string;
  title: string;
  /** Whether there are weights to fetch. */
  isOnHub: boolean;
  parameters: number;
  targets: Target[];
}

export type Machines = Pick<
  MachineSetup,
  'gpus' | 'gpuBytes' | 'sharding' | 'dtype' | 'checkpointing' | 'microBatch' | 'length'
>;

export interface BigRequest {
  modelId: string;
  settings: RunSettings;
  machines: Machines;
}

export type { BigPlan } from '../../continue/planning/bigPlan.ts';
