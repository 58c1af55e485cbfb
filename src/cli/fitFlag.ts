// --fit: weight format, checkpointing, batch and accumulation chosen for the GPU memory there is, before anything is loaded.
import { totalmem } from 'node:os';
import type { AdapterLayout } from '../adapters/adapterSet.ts';
import type { Dataset } from '../data/dataset.ts';
import type { Gpu } from '../gpu/device.ts';
import { declareModel } from '../model/frozenModel.ts';
import { bytesText } from '../training/bytesText.ts';
import { formatsToTry } from '../training/fit.ts';
import { fitToMemory } from '../training/fitToMemory.ts';
import { likelyBudgetBytes } from '../training/memoryBudget.ts';
import { gridOf } from '../training/race.ts';
import type { TrainingSettings, WeightFormat } from '../training/settings.ts';
import { storedFormat, weightOptions } from '../training/weightOptions.ts';
import type { Flags } from './flags.ts';
import { InputError } from './inputError.ts';
import type { LocalModel } from './modelFolder.ts';
import { raceChoices } from './trainFlags.ts';

interface ToFit {
  readonly local: LocalModel;
  readonly layout: AdapterLayout;
  readonly training: TrainingSettings;
  readonly dataset: Dataset;
}

/** Throws InputError for flags that contradict --fit, before anything is opened. */
export function checkFitFlags(flags: Flags): void {
  const hasFit = flags.has('fit');
  const isRace = gridOf(raceChoices(flags)).length > 1;
  if (flags.text('memory') !== undefined && !hasFit && !isRace)
    throw new InputError('--memory says how much --fit may use; add --fit');
  if (hasFit && flags.text('resume') !== undefined) {
    throw new InputError('--fit chooses for a new run; a resumed one goes on as it was started, leave it out');
  }
  memoryFlag(flags);
}

const memoryFlag = (flags: Flags) => flags.number('memory', { above: 0 });

/** What fits and is best, said on standard error. Throws InputError saying what would fit where nothing does. */
export async function fitted(
  gpu: Gpu,
  { local, layout, training, dataset }: ToFit,
  flags: Flags,
): Promise<{ weights: WeightFormat; training: TrainingSettings }> {
  const { architecture: a, weights: files } = local;
  const most = Math.min(gpu.limits.maxStorageBufferBindingSize, gpu.limits.maxBufferSize);
  const budget = budgetBytes(gpu, flags);
  if (memoryFlag(flags) === undefined) {
    process.stderr.write(`Fitting into ${bytesText(budget)}, a guess; --memory GB says how much there is\n`);
  }
  const options = weightOptions(a, files, most);
  const asked = flags.text('weights');
  const fit = await fitToMemory({
    gpu,
    budgetBytes: budget,
    formats:
      asked === undefined
        ? formatsToTry(options, storedFormat(a, files))
        : options.filter(({ format }) => format === asked),
    mustCheckpoint: flags.has('checkpointing'),
    declare: (weights) => declareModel(a, weights, most, files),
    layouts: [layout],
    training,
    data: { rows: dataset.train.rows, validationRows: dataset.validation?.rows ?? [] },
    besideBytes: 0,
    hasRoomFor: (bytes) => gpu.hasRoomFor(bytes),
  });
  if (fit.kind === 'tooLarge') throw new InputError(`--fit: ${fit.reason}`);
  process.stderr.write(`Chosen: ${fit.reason}\n`);
  const { weights, ...change } = fit.choice;
  return { weights, training: { ...training, ...change } };
}

/** --memory, or what is likely there. */
export function budgetBytes(gpu: Gpu, flags: Flags): number {
  const gigabytes = memoryFlag(flags);
  return gigabytes === undefined ? likelyBytes(gpu) : gigabytes * 1e9;
}

function likelyBytes(gpu: Gpu): number {
  // A container's own limit, where there is one.
  const limit = process.constrainedMemory();
  const machineBytes = limit > 0 && limit < totalmem() ? limit : totalmem();
  return likelyBudgetBytes({
    isSoftware: gpu.adapter.isSoftware,
    maxBufferBytes: gpu.limits.maxBufferSize,
    machineBytes,
  });
}
