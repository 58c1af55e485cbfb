// What a run will take: the trainer's own plan, made without allocating anything.
import { type AdapterLayout, type AdapterSpec, layOutAdapters, trainableParameters } from '../adapters/adapterSet.ts';
import { writeAdapter } from '../adapters/peftFolder.ts';
import type { TokenRow } from '../data/types.ts';
import type { Architecture } from '../model/architecture.ts';
import { Generator } from '../model/generator.ts';
import { type RunSettings, runSettingsSchema, type TrainingSettings } from '../training/settings.ts';
import { Trainer } from '../training/trainer.ts';
import { type ReadData, requireData } from './dataSession.ts';
import { failureOf, WorkerError } from './failure.ts';
import { planSamples, type SamplePlan } from './liveSamples.ts';
import { type LoadedModel, requireModel } from './modelSession.ts';
import { longestSubmitMs } from './pacing.ts';
import type { Calls, RunPlan } from './protocol.ts';

export interface PlannedRun {
  readonly model: LoadedModel;
  readonly data: ReadData;
  readonly layout: AdapterLayout;
  readonly trainer: Trainer;
  /** How the fixed prompts are answered on the way; undefined where none is. */
  readonly samples: SamplePlan | undefined;
  readonly settings: RunSettings;
  readonly plan: RunPlan;
}

/**
 * Validation rows that each evaluation reads: so many that evaluating takes about a tenth of the time (a row forward is a
 * third of a row trained), and no fewer than tell something.
 */
export function evaluatedRows({ evaluateEvery, batchSize, accumulate }: TrainingSettings): number {
  return evaluateEvery === 0 ? 0 : Math.max(128, Math.round(0.3 * evaluateEvery * batchSize * accumulate));
}

export async function planRun({ settings, samplePrompts }: Calls['planRun']['request']): Promise<RunPlan> {
  const model = requireModel();
  const data = requireData();
  try {
    return (await makePlan(checkSettings(settings), model, data, { samplePrompts })).plan;
  } catch (error) {
    const { message, canFit } = failureOf(error);
    return {
      trainableParameters: 0,
      modelParameters: model.description.parameters,
      adapterFileBytes: 0,
      steps: 0,
      stepsPerEpoch: 0,
      memory: NO_MEMORY,
      refusal: message,
      canFit,
    };
  }
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

interface PlanExtras {
  /** Answered at every evaluation. */
  readonly samplePrompts: readonly string[];
  /** An imported adapter's own; default: from the settings. */
  readonly spec?: AdapterSpec | undefined;
}

export async function makePlan(
  settings: RunSettings,
  model: LoadedModel,
  data: ReadData,
  { samplePrompts, spec = settings.adapter }: PlanExtras,
): Promise<PlannedRun> {
  const { architecture } = model.frozen;
  const [layout] = layOutAdapters(architecture, [spec]);
  if (!layout) throw new WorkerError('The adapter has no matrices.');
  const { train, validation } = data.dataset;
  const trainer = await Trainer.plan({
    gpu: model.gpu,
    model: model.frozen,
    layouts: [layout],
    longestSubmitMs: longestSubmitMs(model.gpu.adapter.isSoftware),
    settings: settings.training,
    rows: train.rows,
    validationRows: evenly(validation?.rows ?? [], evaluatedRows(settings.training)),
  });
  const prompts = settings.training.evaluateEvery === 0 ? [] : samplePrompts;
  const isChat = data.description.prompt.kind === 'chat';
  const { tokenizer } = model;
  const samples = planSamples(prompts, { tokenizer, architecture, isChat }, layout, trainer.parameters);
  const sampleBytes = samples ? await Generator.sizeOf(model.gpu, model.frozen, samples.options) : 0;
  const trainable = trainableParameters(layout);
  const plan: RunPlan = {
    trainableParameters: trainable,
    modelParameters: model.description.parameters,
    adapterFileBytes: await adapterFileBytes(architecture, layout),
    steps: trainer.steps,
    stepsPerEpoch: trainer.order.stepsForEpochs(1),
    memory: { ...trainer.memory, samples: sampleBytes, total: trainer.memory.total + sampleBytes },
    refusal: null,
    canFit: false,
  };
  return { model, data, layout, trainer, samples, settings, plan };
}

/** Written out for real, all zeros: a few megabytes at most. */
async function adapterFileBytes(a: Architecture, layout: AdapterLayout): Promise<number> {
  const info = { title: '', baseModel: '', isOnHub: false, data: { name: '', pairs: 0, validationPairs: 0 } };
  const block = new Float32Array(layout.count);
  const files = await writeAdapter(a, layout, block, { ...info, settings: [], results: [] });
  return files.reduce((sum, { bytes }) => sum + bytes.length, 0);
}

/** `count` rows at most, at even distances. */
export function evenly(rows: readonly TokenRow[], count: number): TokenRow[] {
  if (rows.length <= count) return [...rows];
  return Array.from({ length: count }, (_, i) => rows[Math.floor((i * rows.length) / count)]!);
}
