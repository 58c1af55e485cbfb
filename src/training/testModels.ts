// For tests: the tiny random models of e2e/fixtures/parity on the GPU, their starting adapters and expected numbers.
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type AdapterLayout, layOutAdapters } from '../adapters/adapterSet.ts';
import { readAdapter } from '../adapters/peftFolder.ts';
import type { TokenRow } from '../data/types.ts';
import { bytesSource } from '../formats/byteSource.ts';
import { toFloat32 } from '../formats/dtypes.ts';
import { readSafetensorsHeader } from '../formats/safetensors.ts';
import { openWeightFiles } from '../formats/weightFiles.ts';
import type { Gpu } from '../gpu/device.ts';
import { architectureOf } from '../model/architecture.ts';
import { declareModel, type FrozenModel } from '../model/frozenModel.ts';
import { freeModel, loadModel } from '../model/loadModel.ts';
import { testGpu } from '../ops/testGpu.ts';
import type { TrainingSettings } from './settings.ts';
import type { StepReport } from './stepReport.ts';
import { Trainer } from './trainer.ts';
import { freshState, type TrainerState } from './trainerState.ts';

/** RANKWISE_PARITY: another folder of such models, ending in a slash (e2e/reference/odd_models.py). */
const FIXTURES = process.env.RANKWISE_PARITY ?? fileURLToPath(new URL('../../e2e/fixtures/parity/', import.meta.url));
/** The models that have numbers of PEFT's. */
export const CASES = readdirSync(FIXTURES).filter((name) => !name.startsWith('cli-'));

export interface Row {
  ids: number[];
  lossMask: number[];
}

export interface RunSettings {
  optimizer: 'adamw' | 'sgd';
  learningRate: number;
  weightDecay: number;
  betas?: [number, number];
  eps?: number;
  momentum?: number;
  clip: number;
  steps: number;
  batch: number;
  accumulate: number;
  schedule: 'constant' | 'linear' | 'cosine';
  warmup: number;
}

export interface Expected {
  batch: { rows: Row[] };
  loss: number;
  training: {
    rows: Row[];
    runs: Record<
      string,
      {
        settings: RunSettings;
        steps: { loss: number; gradientNorm: number; learningRate: number; tokens: number; targetTokens: number }[];
      }
    >;
  };
}

const file = (path: string, name = path) => bytesSource(new Uint8Array(readFileSync(FIXTURES + path)), name);

async function openCase(name: string, gpu: Gpu) {
  const architecture = architectureOf(JSON.parse(readFileSync(`${FIXTURES}${name}/model/config.json`, 'utf8')));
  const model = declareModel(architecture, 'f32', gpu.limits.maxStorageBufferBindingSize);
  await loadModel(gpu, model, await openWeightFiles([file(`${name}/model/model.safetensors`, 'model.safetensors')]));
  const adapter = await readAdapter(
    [
      file(`${name}/adapter/adapter_config.json`, 'adapter_config.json'),
      file(`${name}/adapter/adapter_model.safetensors`, 'adapter_model.safetensors'),
    ],
    architecture,
  );
  const layouts = layOutAdapters(architecture, [adapter.spec]);
  const expected: Expected = JSON.parse(readFileSync(`${FIXTURES}${name}/expected.json`, 'utf8'));
  return { model, adapter, layouts, expected, tensors: await readTensors(`${name}/expected.safetensors`) };
}

async function readTensors(path: string): Promise<Map<string, Float32Array>> {
  const source = file(path);
  const { tensors } = await readSafetensorsHeader(source);
  const found = new Map<string, Float32Array>();
  for (const [name, info] of tensors) found.set(name, toFloat32(await source.read(info.offset, info.sizeBytes), 'F32'));
  return found;
}

export function tokenRows(rows: readonly Row[]): TokenRow[] {
  return rows.map(({ ids, lossMask }, line) => ({
    ids: Uint32Array.from(ids),
    loss: Uint8Array.from(lossMask),
    line: line + 1,
  }));
}

export const BASE: TrainingSettings = {
  optimizer: { kind: 'sgd', momentum: 0 },
  learningRate: 1,
  weightDecay: 0,
  schedule: 'constant',
  warmupSteps: 0,
  clip: 0,
  batchSize: 1,
  accumulate: 1,
  length: { kind: 'steps', steps: 1 },
  maxLength: 512,
  shuffle: false,
  seed: 1,
  checkpointing: false,
  evaluateEvery: 0,
  saveEvery: 0,
};

export function settingsOf(s: RunSettings): TrainingSettings {
  return {
    ...BASE,
    optimizer:
      s.optimizer === 'adamw'
        ? { kind: 'adamw', beta1: s.betas![0], beta2: s.betas![1], eps: s.eps! }
        : { kind: 'sgd', momentum: s.momentum! },
    learningRate: s.learningRate,
    weightDecay: s.weightDecay,
    schedule: s.schedule,
    warmupSteps: s.warmup,
    clip: s.clip,
    batchSize: s.batch,
    accumulate: s.accumulate,
    length: { kind: 'steps', steps: s.steps },
  };
}

export async function withCase<T>(
  name: string,
  use: (opened: Awaited<ReturnType<typeof openCase>>, gpu: Gpu) => Promise<T>,
): Promise<T> {
  const gpu = await testGpu();
  const opened = await openCase(name, gpu);
  try {
    return await use(opened, gpu);
  } finally {
    freeModel(gpu, opened.model);
  }
}

export interface Setup {
  gpu: Gpu;
  model: FrozenModel;
  layouts: AdapterLayout[];
  learningRates?: readonly number[];
  settings: TrainingSettings;
  rows: TokenRow[];
  start: Float32Array<ArrayBuffer>;
  /** Resume from here instead of `start`. */
  from?: TrainerState;
  until?: number;
}

export interface Trained {
  reports: StepReport[];
  state: TrainerState;
}

/** Trains from `start` (or a saved state) to the end, or to `until`. */
export async function train({ start, from, until, ...setup }: Setup): Promise<Trained> {
  const { settings } = setup;
  const trainer = await Trainer.plan({ ...setup, validationRows: [] });
  await trainer.open(from ?? freshState(start, settings));
  const reports: StepReport[] = [];
  const last = until ?? trainer.steps;
  for (let step = (from?.step ?? 0) + 1; step <= last; step++) reports.push(await trainer.step(step));
  const state = await trainer.readState(last);
  await trainer.close();
  return { reports, state };
}
