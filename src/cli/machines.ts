// --gpus 8x80 and --shard: the machines that a run is planned for, and one line on what each GPU would hold.
import type { AdapterSpec } from '../adapters/adapterSet.ts';
import { bigPlan } from '../continue/planning/bigPlan.ts';
import type { MachineSetup, Sharding } from '../continue/planning/machineMemory.ts';
import type { Architecture } from '../model/architecture.ts';
import type { TrainingSettings } from '../training/settings.ts';
import { type Flags, quoted } from './flags.ts';
import { InputError } from './inputError.ts';

export type Machines = Pick<MachineSetup, 'gpus' | 'gpuBytes' | 'sharding' | 'microBatch'>;

const GB = 1e9;
const SHARDINGS: readonly Sharding[] = ['none', 'fsdp', 'deepspeed'];

/** Undefined where no --gpus are given. One row at once on each. Throws InputError. */
export function machinesOf(flags: Flags): Machines | undefined {
  const text = flags.text('gpus');
  const sharding = flags.choice('shard', SHARDINGS);
  if (text === undefined) {
    if (sharding) throw new InputError('--shard cuts the model over --gpus; give those too, as 8x80');
    return undefined;
  }
  const [, count, gigabytes] = /^(\d+)x(\d+(?:\.\d+)?)$/.exec(text) ?? [];
  const [gpus, gpuBytes] = [Number(count), Number(gigabytes) * GB];
  if (!(gpus >= 1 && gpus <= 4096 && gpuBytes > 0)) {
    throw new InputError(`--gpus: expected how many and how many GB each has, as 8x80; got ${quoted(text)}`);
  }
  return { gpus, gpuBytes, sharding: sharding ?? (gpus > 1 ? 'fsdp' : 'none'), microBatch: 1 };
}

/** Whether they hold the run, rows as long as they may be. */
export function machinesNote(
  a: Architecture,
  spec: AdapterSpec,
  training: TrainingSettings,
  machines: Machines,
  dtype: MachineSetup['dtype'],
): string {
  const { checkpointing, optimizer } = training;
  const length = Math.min(training.maxLength, a.maxPositions);
  const plan = bigPlan(a, spec, { ...machines, dtype, checkpointing, length, targets: length, optimizer });
  const { gpus, gpuBytes, sharding } = machines;
  const fewer = Math.round(plan.parameters / plan.trainedParameters);
  const how = sharding === 'none' || gpus === 1 ? 'the model whole on each' : `cut over ${gpus} by ${sharding}`;
  const gb = (bytes: number) => `${(bytes / GB).toPrecision(3)} GB`;
  const verdict = plan.fits ? 'it fits' : plan.leastGpus ? `too much; ${plan.leastGpus} would hold it` : 'too much';
  return [
    `${plan.trainedParameters} of ${plan.parameters} parameters train (${fewer} times fewer);`,
    `each GPU takes ${gb(plan.memory.total)} of ${gb(gpuBytes)} in ${dtype}, ${how}: ${verdict}`,
  ].join(' ');
}
