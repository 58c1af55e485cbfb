// The engine against PyTorch, transformers and PEFT: tiny random models of every family, from the same starting adapters.
// The numbers come from e2e/reference/parity.py; their own f32–f64 differences are about 3e-6.
import { describe, expect, it } from 'vitest';
import { type AdapterLayout, type AdapterSpec, flatElements, layOutAdapters } from '../adapters/adapterSet.ts';
import { CORE_TRAITS, type KernelTraits } from '../gpu/traits.ts';
import { relativeError, testGpu } from '../ops/testGpu.ts';
import { BASE, CASES, settingsOf, tokenRows, train, withCase } from './testModels.ts';

/** f32 sums in another order than PyTorch's, through a whole network. */
const LOSS_TOLERANCE = 1e-4;
const GRADIENT_TOLERANCE = 1e-4;
/** Twenty optimizer steps multiply those differences. */
const ADAPTER_TOLERANCE = 1e-3;

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

describe.each(CASES)('%s against PEFT', (name) => {
  it.each([false, true])('loss and every adapter gradient (checkpointing %s)', async (checkpointing) => {
    await expectGradients(name, checkpointing);
  });

  it.each(['adamw', 'sgd'])('twenty steps of %s', async (optimizer) => {
    await expectSteps(name, optimizer);
  });
});

describe.each(['gpt2', 'llama', 'mistral', 'qwen2', 'qwen3'])('%s against PEFT, by the kernels', (name) => {
  it('of a GPU with subgroups: loss and every adapter gradient', async () => {
    await withTraits({ isCpu: false, subgroupSize: undefined, subgroupWorkgroup: 32 }, () =>
      expectGradients(name, false),
    );
  });

  it('of a GPU without: twenty steps of AdamW', async () => {
    await withTraits(CORE_TRAITS, () => expectSteps(name, 'adamw'));
  });
});

/** As if the device were another, as far as it can do what that one does. */
async function withTraits(changes: Partial<KernelTraits>, run: () => Promise<void>): Promise<void> {
  const gpu = await testGpu();
  const { traits } = gpu;
  gpu.traits = { ...traits, ...changes };
  try {
    await run();
  } finally {
    gpu.traits = traits;
  }
}

async function expectGradients(name: string, checkpointing: boolean): Promise<void> {
  await withCase(name, async ({ model, adapter, layouts, expected, tensors }, gpu) => {
    const rows = tokenRows(expected.batch.rows);
    const start = adapter.parametersFor(layouts[0]!);
    // One SGD step at learning rate 1 without momentum moves the parameters by exactly the gradient.
    const settings = { ...BASE, batchSize: rows.length, checkpointing };
    const { reports, state } = await train({ gpu, model, layouts, settings, rows, start: Float32Array.from(start) });
    expect(Math.abs(reports[0]!.adapters[0]!.loss / expected.loss - 1)).toBeLessThan(LOSS_TOLERANCE);
    expect(worstError(layouts[0]!, state.first, tensors, 'grad')).toBeLessThan(GRADIENT_TOLERANCE);
  });
}

async function expectSteps(name: string, optimizer: string): Promise<void> {
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
      expect(report.adapters[0]!.learningRate).toBeCloseTo(wanted.learningRate, 12);
      expect([report.tokens, report.targetTokens]).toEqual([wanted.tokens, wanted.targetTokens]);
    });
    expect(worstError(layouts[0]!, state.parameters, tensors, optimizer)).toBeLessThan(ADAPTER_TOLERANCE);
  });
}

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
