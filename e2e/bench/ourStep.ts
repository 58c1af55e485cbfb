// Our side of the step: a Trainer over the problem's model.
import type { Gpu } from '../../src/gpu/device.ts';
import { declareModel, type FrozenModel } from '../../src/model/frozenModel.ts';
import { freeModel, loadModel } from '../../src/model/loadModel.ts';
import { Trainer } from '../../src/training/trainer.ts';
import { freshState } from '../../src/training/trainerState.ts';
import { type StepProblem, stepSettings, weightFilesOf } from './stepProblem.ts';

/** More steps than any measurement takes. */
const STEPS = 1_000_000;

export interface OurStep {
  readonly trainer: Trainer;
  /** Takes the next optimizer step; resolves with its loss when the queue is done. */
  step(): Promise<number>;
  close(): Promise<void>;
}

/** The model on the GPU, f32. */
export async function loadProblem(gpu: Gpu, problem: StepProblem): Promise<FrozenModel> {
  const model = declareModel(problem.architecture, 'f32', gpu.limits.maxStorageBufferBindingSize);
  await loadModel(gpu, model, weightFilesOf(problem));
  return model;
}

/** A trainer at its start; nothing has run yet. `close` frees the model too. */
export async function openOurStep(
  gpu: Gpu,
  problem: StepProblem,
  model: FrozenModel,
  { checkpointing = false }: { checkpointing?: boolean } = {},
): Promise<OurStep> {
  const settings = stepSettings(problem.sizes, STEPS, checkpointing);
  const rows = [...problem.rows];
  const run = { gpu, model, layouts: [problem.layout], settings, rows, validationRows: [] };
  // The peers do not cut their work for the sake of the desktop; nor do we here.
  const trainer = await Trainer.plan({ ...run, longestSubmitMs: Number.POSITIVE_INFINITY });
  await trainer.open(freshState(problem.start, settings));
  let taken = 0;
  return {
    trainer,
    async step() {
      const report = await trainer.step(++taken);
      await gpu.device.queue.onSubmittedWorkDone();
      return report.adapters[0]!.loss;
    },
    async close() {
      await trainer.close();
      freeModel(gpu, model);
    },
  };
}
