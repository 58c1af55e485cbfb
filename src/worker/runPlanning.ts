// What a run or a heat of a race will take: the trainer's own plan, made without allocating anything.
import { type AdapterLayout, type AdapterSpec, layOutAdapters, trainableParameters } from '../adapters/adapterSet.ts';
import { writeAdapter } from '../adapters/peftFolder.ts';
import type { Sequence } from '../data/exampleStore.ts';
import type { Architecture } from '../model/architecture.ts';
import { Generator } from '../model/generator.ts';
import { type RunSettings, runSettingsSchema, type TrainingSettings } from '../training/settings.ts';
import { Trainer } from '../training/trainer.ts';
import type { ReadData } from './dataSession.ts';
import { WorkerError } from './failure.ts';
import { planSamples, type SamplePlan } from './liveSamples.ts';
import type { LoadedModel } from './modelSession.ts';
import { longestSubmitMs } from './pacing.ts';
import type { RunPlan } from './protocol/runs.ts';

/** The adapters that train together; a run of its own is the case of one. */
export interface PlannedRun {
  readonly model: LoadedModel;
  readonly data: ReadData;
  readonly layouts: readonly AdapterLayout[];
  readonly trainer: Trainer;
  /** How the fixed prompts are answered on the way; undefined where none is. */
  readonly samples: SamplePlan | undefined;
  /** What all of them share. */
  readonly training: TrainingSettings;
  /** One for each layout: the settings and sizes that its run has, memory being that of all together. */
  readonly members: readonly { readonly settings: RunSettings; readonly plan: RunPlan }[];
}

/**
 * Validation rows that each evaluation reads: so many that evaluating takes about a tenth of the time (a row forward is a
 * third of a row trained), and no fewer than tell something.
 */
export function evaluatedRows({ evaluateEvery, batchSize, accumulate }: TrainingSettings): number {
  return evaluateEvery === 0 ? 0 : Math.max(128, Math.round(0.3 * evaluateEvery * batchSize * accumulate));
}

/** Of a run that takes nothing, or cannot be planned. */
export const NO_MEMORY: RunPlan['memory'] = { weights: 0, adapters: 0, activations: 0, samples: 0, total: 0 };

/** Throws WorkerError naming the first setting that is out of range. */
export function checkSettings(settings: RunSettings): RunSettings {
  const parsed = runSettingsSchema.safeParse(settings);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new WorkerError(`${issue?.path.join('.') ?? 'settings'}: ${issue?.message ?? 'not understood'}.`);
}

/** An adapter to plan; `spec`: an imported adapter's own, default: from the settings. */
interface Planned {
  readonly settings: RunSettings;
  readonly spec?: AdapterSpec | undefined;
}

/** `samplePrompts`: answered at every evaluation, by every adapter. */
export async function makePlan(
  adapters: readonly Planned[],
  model: LoadedModel,
  data: ReadData,
  { samplePrompts }: { readonly samplePrompts: readonly string[] },
): Promise<PlannedRun> {
  const { architecture } = model.frozen;
  const layouts = layOutAdapters(
    architecture,
    adapters.map(({ settings, spec = settings.adapter }) => spec),
  );
  const training = adapters[0]?.settings.training;
  if (!training) throw new WorkerError('A run needs at least one adapter.');
  const { train, validation } = data.dataset;
  const trainer = await Trainer.plan({
    gpu: model.gpu,
    model: model.frozen,
    layouts,
    learningRates: adapters.map(({ settings }) => settings.training.learningRate),
    longestSubmitMs: longestSubmitMs(model.gpu.adapter.isSoftware),
    settings: training,
    rows: train.rows,
    validationRows: evenly(validation?.rows ?? [], evaluatedRows(training)),
  });
  const prompts = training.evaluateEvery === 0 ? [] : samplePrompts;
  const isChat = data.description.prompt.kind === 'chat';
  const { tokenizer } = model;
  const samples = planSamples(prompts, { tokenizer, architecture, isChat }, layouts, trainer.parameters);
  const sampleBytes = samples ? await Generator.sizeOf(model.gpu, model.frozen, samples.options) : 0;
  const common = {
    modelParameters: model.description.parameters,
    steps: trainer.steps,
    stepsPerEpoch: trainer.order.stepsForEpochs(1),
    memory: { ...trainer.memory, samples: sampleBytes, total: trainer.memory.total + sampleBytes },
    refusal: null,
    canFit: false,
  };
  const members: PlannedRun['members'][number][] = [];
  for (const [i, layout] of layouts.entries()) {
    const own = {
      trainableParameters: trainableParameters(layout),
      adapterFileBytes: await adapterFileBytes(architecture, layout),
    };
    members.push({ settings: adapters[i]!.settings, plan: { ...common, ...own } });
  }
  return { model, data, layouts, trainer, samples, training, members };
}

/** Written out for real, all zeros: a few megabytes at most. */
async function adapterFileBytes(a: Architecture, layout: AdapterLayout): Promise<number> {
  const info = { title: '', baseModel: '', isOnHub: false, data: { name: '', pairs: 0, validationPairs: 0 } };
  const block = new Float32Array(layout.count);
  const files = await writeAdapter(a, layout, block, { ...info, settings: [], results: [] });
  return files.reduce((sum, { bytes }) => sum + bytes.length, 0);
}

/** `count` rows at most, at even distances. */
export function evenly<T>(rows: Sequence<T>, count: number): T[] {
  if (rows.length <= count) return [...rows];
  return Array.from({ length: count }, (_, i) => rows.at(Math.floor((i * rows.length) / count))!);
}
