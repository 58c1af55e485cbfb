// The engine against PyTorch, transformers and PEFT: tiny random models of every family, from the same starting adapters.
// The numbers come from e2e/reference/parity.py; their own f32–f64 differences are about 3e-6.
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { type AdapterLayout, type AdapterSpec, flatElements, layOutAdapters } from '../adapters/adapterSet.ts';
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
import { relativeError, testGpu } from '../ops/testGpu.ts';
import type { TrainingSettings } from './settings.ts';
import { freshState, Trainer } from './trainer.ts';

/** f32 sums in another order than PyTorch's, through a whole network. */
const LOSS_TOLERANCE = 1e-4;
const GRADIENT_TOLERANCE = 1e-4;
/** Twenty optimizer steps multiply those differences. */
const ADAPTER_TOLERANCE = 1e-3;

const FIXTURES = fileURLToPath(new URL('../../e2e/fixtures/parity/', import.meta.url));
const CASES = readdirSync(FIXTURES).filter((name) => !name.startsWith('cli-'));

interface Row {
  ids: number[];
  lossMask: number[];
}

interface RunSettings {
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

interface Expected {
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

function tokenRows(rows: readonly Row[]): TokenRow[] {
  return rows.map(({ ids, lossMask }, line) => ({
    ids: Uint32Array.from(ids),
    loss: Uint8Array.from(lossMask),
    line: line + 1,
  }));
}

const BASE: TrainingSettings = {
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

function settingsOf(s: RunSettings): TrainingSettings {
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

/** Largest relative error over the modules' A and B against `prefix/<PEFT's name>`. */
function worstError(
  layout: AdapterLayout,
  flat: Float32Array,
  tensors: Map<string, Float32Array>,
  prefix: string,
): number {
  let worst = 0;
  for (const { path, rank, place, aStart, bStart } of layout.modules) {
    const name = `${prefix}/base_model.model.${path}`;
    const a = tensors.get(`${name}.lora_A.weight`)!;
    const b = tensors.get(`${name}.lora_B.weight`)!;
    worst = Math.max(worst, relativeError(flat.subarray(aStart, aStart + rank * place.inFeatures), a));
    worst = Math.max(worst, relativeError(flat.subarray(bStart, bStart + rank * place.colCount), b));
  }
  return worst;
}

async function withCase<T>(
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

interface Setup {
  gpu: Gpu;
  model: FrozenModel;
  layouts: AdapterLayout[];
  settings: TrainingSettings;
  rows: TokenRow[];
  start: Float32Array<ArrayBuffer>;
}

async function train({ gpu, model, layouts, settings, rows, start }: Setup) {
  const trainer = await Trainer.plan({ gpu, model, layouts, settings, rows, validationRows: [] });
  await trainer.open(freshState(start, settings));
  const reports = [];
  for (let step = 1; step <= trainer.steps; step++) reports.push(await trainer.step(step));
  const state = await trainer.readState(trainer.steps);
  await trainer.close();
  return { reports, state };
}

describe.each(CASES)('%s against PEFT', (name) => {
  it.each([false, true])('loss and every adapter gradient (checkpointing %s)', async (checkpointing) => {
    await withCase(name, async ({ model, adapter, layouts, expected, tensors }, gpu) => {
      const rows = tokenRows(expected.batch.rows);
      const start = adapter.parametersFor(layouts[0]!);
      // One SGD step at learning rate 1 without momentum moves the parameters by exactly the gradient.
      const settings = { ...BASE, batchSize: rows.length, checkpointing };
      const { reports, state } = await train({ gpu, model, layouts, settings, rows, start: Float32Array.from(start) });
      expect(Math.abs(reports[0]!.adapters[0]!.loss / expected.loss - 1)).toBeLessThan(LOSS_TOLERANCE);
      expect(worstError(layouts[0]!, state.first, tensors, 'grad')).toBeLessThan(GRADIENT_TOLERANCE);
    });
  });

  it.each(['adamw', 'sgd'])('twenty steps of %s', async (optimizer) => {
    await withCase(name, async ({ model, adapter, layouts, expected, tensors }, gpu) => {
      const run = expected.training.runs[optimizer]!;
      const rows = tokenRows(expected.training.rows);
      const settings = settingsOf(run.settings);
      const { reports, state } = await train({
        gpu,
        model,
        layouts,
        settings,
        rows,
        start: adapter.parametersFor(layouts[0]!),
      });
      reports.forEach((report, i) => {
        const wanted = run.steps[i]!;
        expect(Math.abs(report.adapters[0]!.loss / wanted.loss - 1)).toBeLessThan(LOSS_TOLERANCE);
        expect(Math.abs(report.adapters[0]!.gradientNorm / wanted.gradientNorm - 1)).toBeLessThan(ADAPTER_TOLERANCE);
        expect(report.learningRate).toBeCloseTo(wanted.learningRate, 12);
        expect([report.tokens, report.targetTokens]).toEqual([wanted.tokens, wanted.targetTokens]);
      });
      expect(worstError(layouts[0]!, state.parameters, tensors, optimizer)).toBeLessThan(ADAPTER_TOLERANCE);
    });
  });
});

it('two adapters that train together get what each gets alone', async () => {
  await withCase('llama', async ({ model, expected }, gpu) => {
    const rows = tokenRows(expected.training.rows);
    const settings = settingsOf({ ...expected.training.runs.adamw!.settings, steps: 5 });
    const specs: AdapterSpec[] = [
      { rank: 2, alpha: 4, dropout: 0.2, useRslora: false, targets: ['q', 'v'] },
      { rank: 7, alpha: 7, dropout: 0, useRslora: true, targets: ['k', 'o', 'down'] },
    ];
    const together = layOutAdapters(model.architecture, specs);
    const start = Float32Array.from({ length: flatElements(together) }, (_, i) => Math.sin(i * 12.9898) * 0.05);
    const race = await train({ gpu, model, layouts: together, settings, rows, start });
    for (const [i, spec] of specs.entries()) {
      const layouts = layOutAdapters(model.architecture, [spec]);
      const { start: from, count } = together[i]!;
      const alone = new Float32Array(flatElements(layouts));
      alone.set(start.subarray(from, from + count));
      const solo = await train({ gpu, model, layouts, settings, rows, start: alone });
      expect(solo.reports.map(({ adapters }) => adapters[0]!.loss)).toEqual(
        race.reports.map(({ adapters }) => adapters[i]!.loss),
      );
      expect(solo.state.parameters.subarray(0, count)).toEqual(race.state.parameters.subarray(from, from + count));
    }
  });
});
