// What training a model would take of this machine's GPU, format by format, planned and not loaded.
import { layOutAdapters } from '../adapters/adapterSet.ts';
import { declareModel } from '../model/frozenModel.ts';
import { bytesText } from '../training/bytesText.ts';
import type { PlanOptions } from '../training/course.ts';
import { fullRows } from '../training/fullRows.ts';
import { planMemory } from '../training/lineUp.ts';
import type { WeightFormat } from '../training/settings.ts';
import { TooLargeError } from '../training/tooLarge.ts';
import type { FlagKind, Flags } from './flags.ts';
import { maxLengthFor } from './lengths.ts';
import { type LocalModel, withGpu } from './modelFolder.ts';
import { newAdapterSpec, trainingSettings } from './trainFlags.ts';

export const RUN_MEMORY_FLAGS: Readonly<Record<string, FlagKind>> = {
  batch: 'text',
  'max-length': 'text',
  rank: 'text',
  targets: 'text',
};

/** Whether a run is described at all. */
export function asksForRunMemory(flags: Flags): boolean {
  return Object.keys(RUN_MEMORY_FLAGS).some((name) => flags.has(name));
}

/** One line a format, for rows of the full length. Throws InputError or AdapterError. */
export function runMemory(
  flags: Flags,
  { architecture: a, weights: files }: LocalModel,
  formats: readonly WeightFormat[],
): Promise<(readonly [label: string, value: string])[]> {
  const spec = newAdapterSpec(flags);
  const training = trainingSettings(flags);
  const layouts = layOutAdapters(a, [spec]);
  const length = maxLengthFor(a, training.maxLength);
  const run = `batch ${training.batchSize} × ${length} tokens, rank ${spec.rank} on ${spec.targets.join(', ')}`;
  const steps = { kind: 'steps', steps: 1 } as const;
  const rows = fullRows(training.batchSize, length, a.maxPositions);
  return withGpu(async (gpu) => {
    const most = Math.min(gpu.limits.maxStorageBufferBindingSize, gpu.limits.maxBufferSize);
    const lines: (readonly [string, string])[] = [['training takes', run]];
    for (const format of formats) {
      const model = declareModel(a, format, most, files);
      const sizeWith = (checkpointing: boolean) => {
        const settings = { ...training, length: steps, checkpointing };
        return sizeOf({ gpu, model, layouts, settings, rows, validationRows: [] });
      };
      lines.push([`  in ${format}`, `${await sizeWith(false)}; with checkpointing ${await sizeWith(true)}`]);
    }
    return lines;
  });
}

async function sizeOf(options: PlanOptions): Promise<string> {
  try {
    return bytesText((await planMemory(options)).total);
  } catch (error) {
    if (error instanceof TooLargeError) return 'more than this GPU takes in one piece';
    throw error;
  }
}
