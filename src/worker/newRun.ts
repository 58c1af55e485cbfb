// The first record of a run, and where its model and data can be found again.
import type { AdapterSpec } from '../adapters/adapterSet.ts';
import type { RunSettings } from '../training/settings.ts';
import { type DataOrigin, type KeptRun, modelOrigin, type RaceOrigin } from './keptRun.ts';
import type { DataSource } from './protocol/data.ts';
import type { RunRecord } from './protocol/runs.ts';
import type { PlannedRun } from './runPlanning.ts';

/** The record of the adapter at `place` of the plan. `race`: which adapter of which race it is. */
export function newRun(
  name: string,
  planned: PlannedRun,
  place: number,
  samplePrompts: readonly string[],
  race?: { readonly record: NonNullable<RunRecord['race']>; readonly origin: RaceOrigin },
): KeptRun {
  const { model, data } = planned;
  const { settings, plan } = planned.members[place]!;
  const { prompt } = data.description;
  return {
    id: crypto.randomUUID(),
    name,
    // The Library lists the newest first: those of a race stay in its order.
    createdAt: Date.now() - (race?.record.place ?? 0),
    ...(race ? { race: race.record } : {}),
    status: 'preparing',
    message: null,
    model: {
      name: model.description.name,
      baseModelId: model.description.baseModelId,
      modelType: model.description.modelType,
      weights: model.storage,
      source: model.source.kind,
    },
    data: {
      name: data.description.name,
      trainRows: data.description.trainRows,
      validationRows: data.description.validationRows,
      template: prompt.kind === 'template' ? prompt.template : 'chat template',
      taskId: data.source.kind === 'builtin' ? data.source.taskId : null,
      ...(data.description.firstRow ? { firstRow: data.description.firstRow } : {}),
    },
    settings,
    plan,
    step: 0,
    steps: plan.steps,
    elapsedMs: 0,
    lastLoss: null,
    evaluations: [],
    samples: [],
    accuracy: null,
    isResumable: false,
    hasAdapter: false,
    isImported: false,
    origin: {
      ...(race ? { race: race.origin } : {}),
      ...(race && race.origin.heats.length > 1 ? { stateFolder: `heat-${race.origin.heat + 1}` } : {}),
      model: modelOrigin(model),
      data: dataOrigin(data.source),
      options: data.options,
      samplePrompts: [...samplePrompts],
    },
  };
}

function dataOrigin(source: DataSource): DataOrigin {
  if (source.kind === 'builtin') return source;
  return { kind: 'files', train: source.train.name, validation: source.validation?.name ?? null };
}

/** Settings as an imported adapter changes them: what it is decides, how it trains is the person's. */
export function settingsFor(settings: RunSettings, spec: AdapterSpec): RunSettings {
  const { rank, alpha, useRslora, targets, layers } = spec;
  const { dropout } = settings.adapter;
  const adapter = { rank, alpha, useRslora, targets: [...targets], dropout };
  return { ...settings, adapter: layers ? { ...adapter, layers: [layers[0], layers[1]] } : adapter };
}
