// How many adapters of a race this machine's GPU takes at a time.
import { layOutAdapters } from '../adapters/adapterSet.ts';
import type { Gpu } from '../gpu/device.ts';
import { declareModel } from '../model/frozenModel.ts';
import { bytesText } from '../training/bytesText.ts';
import { cutIntoHeats, type Heat } from '../training/heats.ts';
import { planMemory } from '../training/lineUp.ts';
import { TooLargeError } from '../training/tooLarge.ts';
import { budgetBytes } from './fitFlag.ts';
import type { Flags } from './flags.ts';
import { type Run, validationRowsOf } from './trainingRun.ts';

/** Heats within --memory, or what is likely there; said on standard error where there are several. */
export async function heatsWithin(gpu: Gpu, run: Run, flags: Flags): Promise<Heat[]> {
  const { local, saved, entrants, dataset } = run;
  const { architecture: a, weights: files } = local;
  const most = Math.min(gpu.limits.maxStorageBufferBindingSize, gpu.limits.maxBufferSize);
  const model = declareModel(a, saved.weights, most, files);
  const budget = budgetBytes(gpu, flags);
  const fits = async (from: number, to: number) => {
    const layouts = layOutAdapters(
      a,
      entrants.slice(from, to).map(({ spec }) => spec),
    );
    const rows = { rows: dataset.train.rows, validationRows: validationRowsOf(dataset) };
    try {
      return (await planMemory({ gpu, model, layouts, settings: saved.training, ...rows })).total <= budget;
    } catch (error) {
      if (error instanceof TooLargeError) return false;
      throw error;
    }
  };
  const heats = await cutIntoHeats(entrants.length, fits);
  if (heats.length > 1) {
    const names = heats.map((heat) =>
      entrants
        .slice(...heat)
        .map(({ name }) => name)
        .join(', '),
    );
    process.stderr.write(
      `Together they take more than ${bytesText(budget)}: ${heats.length} heats, the same rows in the same order in each: ${names.join(' | ')}\n`,
    );
  }
  return heats;
}
