// Logits and greedy answers with adapters, against transformers and PEFT (e2e/reference/README.md).
import { describe, expect, it } from 'vitest';
import type { AdapterChoice, AnsweringAdapters } from '../model/answeringAdapters.ts';
import type { FrozenModel } from '../model/frozenModel.ts';
import { Generator } from '../model/generator.ts';
import { logitsOf } from '../model/logits.ts';
import { best } from '../model/sampling.ts';
import { PARITY_CASES, parityAnswers, parityModel, parityRows, parityTensor } from '../model/testModel.ts';
import { random, relativeError, testGpu } from '../ops/testGpu.ts';
import { type AdapterLayout, type AdapterSpec, flatElements, layOutAdapters } from './adapterSet.ts';
import { answeringAdapters, placeParameters } from './answering.ts';
import { readAdapter } from './peftFolder.ts';
import { parityFiles } from './testFixtures.ts';

/** Both sides are f32 through a few layers. */
const LOGITS_TOLERANCE = 1e-4;
const ADAPTER: AdapterChoice = { adapter: 0, strength: 1 };

async function parityAdapters(name: string, model: FrozenModel): Promise<AnsweringAdapters> {
  const a = model.architecture;
  const imported = await readAdapter(parityFiles(`${name}/adapter`), a);
  const layouts: AdapterLayout[] = layOutAdapters(a, [imported.spec]);
  const flat = new Float32Array(flatElements(layouts));
  for (const layout of layouts) flat.set(await imported.parametersFor(layout), layout.start);
  return answeringAdapters(a, layouts, placeParameters(await testGpu(), flat));
}

const cases = PARITY_CASES.filter((name) => !name.startsWith('cli-'));
it.each(cases)('logits of %s with its adapter agree with PEFT', async (name) => {
  const gpu = await testGpu();
  const model = await parityModel(name);
  const adapters = await parityAdapters(name, model);
  for (const [row, ids] of parityRows(name).entries()) {
    const logits = await logitsOf(gpu, model, ids, { adapters, choice: ADAPTER });
    expect(relativeError(logits, await parityTensor(name, `logits/${row}`)), `row ${row}`).toBeLessThan(
      LOGITS_TOLERANCE,
    );
  }
});

describe.each(['cli-bos', 'cli-plain'])('%s', (name) => {
  it('logits with and without the adapter agree with PEFT', async () => {
    const gpu = await testGpu();
    const model = await parityModel(name);
    const adapters = await parityAdapters(name, model);
    const { ids } = parityAnswers(name).logits;
    const base = await logitsOf(gpu, model, ids);
    expect(relativeError(base, await parityTensor(name, 'logits/base'))).toBeLessThan(LOGITS_TOLERANCE);
    const adapted = await logitsOf(gpu, model, ids, { adapters, choice: ADAPTER });
    expect(relativeError(adapted, await parityTensor(name, 'logits/adapter'))).toBeLessThan(LOGITS_TOLERANCE);
    const silent = await logitsOf(gpu, model, ids, { adapters, choice: { adapter: 0, strength: 0 } });
    expect(silent).toEqual(base);
  });

  it('greedy answers are those of transformers and PEFT, alone and side by side', async () => {
    const gpu = await testGpu();
    const model = await parityModel(name);
    const adapters = await parityAdapters(name, model);
    const { generate, stopIds } = parityAnswers(name);
    const answers = [
      ...generate.base.map((answer) => ({ ...answer, choice: undefined })),
      ...generate.adapter.map((answer) => ({ ...answer, choice: ADAPTER })),
    ];
    for (const sequences of [1, 4, answers.length]) {
      const generator = await Generator.open(gpu, model, { sequences, maxTokens: 64, adapters });
      const request = { maxNewTokens: generate.newTokens, stopIds };
      const given = await Promise.all(
        answers.map(({ promptIds, choice }) =>
          generator.generate({ promptIds, ...request, ...(choice && { choice }) }),
        ),
      );
      await generator.free();
      expect(given.map(({ ids }) => ids)).toEqual(answers.map(({ ids }) => ids));
    }
  });
});

it('adapters of different ranks and targets, at any strength, share a batch', async () => {
  const gpu = await testGpu();
  const model = await parityModel('llama');
  const a = model.architecture;
  const usual = { alpha: 4, dropout: 0.5, useRslora: false };
  const specs: AdapterSpec[] = [
    { ...usual, rank: 3, targets: ['q', 'v', 'down'] },
    { ...usual, rank: 8, targets: ['o', 'gate', 'k'], layers: [1, 2] },
  ];
  const layouts = layOutAdapters(a, specs);
  const flat = random(flatElements(layouts), 5).map((value) => value / 2);
  const adapters = answeringAdapters(a, layouts, placeParameters(gpu, flat));
  const choices: AdapterChoice[] = [
    { adapter: undefined, strength: 1 },
    { adapter: 0, strength: 1 },
    { adapter: 1, strength: 1 },
    { adapter: 1, strength: 2 },
    { adapter: 0, strength: 0 },
  ];
  const promptIds = parityRows('llama')[0]!.slice(0, 9);
  const request = { promptIds, maxNewTokens: 4, stopIds: [] };
  const expected: number[][] = [];
  for (const choice of choices) {
    const ids = [...promptIds];
    while (ids.length < promptIds.length + request.maxNewTokens) {
      const logits = await logitsOf(gpu, model, ids, { adapters, choice });
      ids.push(best(logits.subarray(-a.vocabularySize)));
    }
    expected.push(ids.slice(promptIds.length));
  }
  expect(expected[4]).toEqual(expected[0]);
  expect(new Set(expected.slice(0, 4).map(String)).size).toBe(4);

  const generator = await Generator.open(gpu, model, { sequences: 5, maxTokens: 20, adapters, mixed: 3 });
  const ask = (choice: AdapterChoice) => generator.generate({ ...request, choice });
  const twice = [...choices, ...choices.toReversed()];
  const together = await Promise.all(twice.map(ask));
  expect(together.map(({ ids }) => ids)).toEqual([...expected, ...expected.toReversed()]);
  await ask(choices[0]!);
  const created = { ...gpu.created };
  for (const [i, choice] of choices.entries()) expect((await ask(choice)).ids).toEqual(expected[i]);
  expect(gpu.created).toEqual(created);
  await generator.free();
});
