// Exported folders in onnxruntime-web (WebAssembly) against PyTorch, transformers and PEFT: e2e/reference/parity.py made
// the numbers.
import { readFileSync } from 'node:fs';
import type { InferenceSession } from 'onnxruntime-web';
import { beforeAll, describe, expect, test } from 'vitest';
import { PARITY_CASES } from '../adapters/testFixtures.ts';
import { bytesSource } from '../formats/byteSource.ts';
import { openModelFolder } from '../formats/openModel.ts';
import { openWeightFiles } from '../formats/weightFiles.ts';
import type { ZipEntry } from '../formats/zipWriter.ts';
import { type Architecture, architectureOf } from '../model/architecture.ts';
import { declareModel } from '../model/frozenModel.ts';
import { loadModel } from '../model/loadModel.ts';
import { logitsOf } from '../model/logits.ts';
import { best } from '../model/sampling.ts';
import { parityAnswers, parityRows, parityTensor } from '../model/testModel.ts';
import { relativeError, testGpu } from '../ops/testGpu.ts';
import { onnxFolder } from './onnxFolder.ts';
import { entryBytes, openFixture, openSession, run } from './testSession.ts';

/** f32 sums in another order than PyTorch's, through a whole network. */
const F32_TOLERANCE = 1e-4;

const CASES = PARITY_CASES.filter((name) => !name.startsWith('cli-'));

/** The fixture's rows with their logits, base and adapter merged by PEFT. */
async function expectedRows(name: string): Promise<{ ids: number[]; logits: Float32Array }[]> {
  return Promise.all(
    parityRows(name).map(async (ids, i) => ({ ids, logits: await parityTensor(name, `logits/${i}`) })),
  );
}

describe.each(CASES)('%s', (name) => {
  let fixture: Awaited<ReturnType<typeof openFixture>>;
  let entries: ZipEntry[];
  let session: Awaited<ReturnType<typeof openSession>>;
  beforeAll(async () => {
    fixture = await openFixture(name);
    entries = await onnxFolder(fixture.model, fixture.a, fixture.adapter, { dtype: 'f32' });
    session = await openSession(entries);
  });

  test('logits of the merged model', async () => {
    for (const { ids, logits } of await expectedRows(name)) {
      const answer = await run(session, fixture.a, { ids: [ids] });
      expect(relativeError(answer.logits, logits)).toBeLessThan(F32_TOLERANCE);
    }
  });

  test('a row in two calls, the second on the cache of the first', async () => {
    const { ids, logits } = (await expectedRows(name))[1]!;
    const first = await run(session, fixture.a, { ids: [ids.slice(0, 7)] });
    const second = await run(session, fixture.a, { ids: [ids.slice(7)] }, first.cache);
    const both = Float32Array.from([...first.logits, ...second.logits]);
    expect(relativeError(both, logits)).toBeLessThan(F32_TOLERANCE);
  });

  test('rows of two lengths in one batch, padded on the left', async () => {
    const [short, long] = (await expectedRows(name)).slice(0, 2);
    const padding = long!.ids.length - short!.ids.length;
    const rows = { ids: [[...Array(padding).fill(0), ...short!.ids], long!.ids], padding: [padding, 0] };
    const { logits } = await run(session, fixture.a, rows);
    const vocabulary = fixture.a.vocabularySize;
    const [start, end] = [padding * vocabulary, long!.ids.length * vocabulary];
    expect(relativeError(logits.subarray(start, end), short!.logits)).toBeLessThan(F32_TOLERANCE);
    expect(relativeError(logits.subarray(end), long!.logits)).toBeLessThan(F32_TOLERANCE);
  });
});

test.each(['llama', 'gpt2'])('%s, its weights in files beside the model', async (name) => {
  const fixture = await openFixture(name);
  const options = { dtype: 'f32', maxFileBytes: 60_000 } as const;
  const cut = await onnxFolder(fixture.model, fixture.a, fixture.adapter, options);
  const names = cut.map((entry) => entry.name).filter((file) => file.startsWith('onnx/'));
  expect(names.slice(0, 3)).toEqual(['onnx/model.onnx', 'onnx/model.onnx_data', 'onnx/model.onnx_data_1']);
  const config = JSON.parse(new TextDecoder().decode(await entryBytes(cut[0]!)));
  expect(config['transformers.js_config'].use_external_data_format).toEqual({ 'model.onnx': names.length - 1 });
  const { ids, logits } = (await expectedRows(name))[0]!;
  const answer = await run(await openSession(cut), fixture.a, { ids: [ids] });
  expect(relativeError(answer.logits, logits)).toBeLessThan(F32_TOLERANCE);
});

test('a sliding window shorter than the row, over the cache too, against our engine', async () => {
  const { model } = await openFixture('mistral');
  const config = JSON.parse(new TextDecoder().decode(await model.config.read(0, model.config.sizeBytes)));
  const a = architectureOf({ ...config, sliding_window: 5 });
  const gpu = await testGpu();
  const engine = declareModel(a, 'f32', gpu.limits.maxStorageBufferBindingSize);
  await loadModel(gpu, engine, await openWeightFiles(model.weights));
  const ids = parityRows('mistral')[1]!;
  const ours = await logitsOf(gpu, engine, ids);
  const session = await openSession(await onnxFolder(model, a, undefined, { dtype: 'f32' }));
  const first = await run(session, a, { ids: [ids.slice(0, 9)] });
  const second = await run(session, a, { ids: [ids.slice(9)] }, first.cache);
  const both = Float32Array.from([...first.logits, ...second.logits]);
  expect(relativeError(both, ours)).toBeLessThan(F32_TOLERANCE);
  const wide = await openSession(await onnxFolder(model, architectureOf(config), undefined, { dtype: 'f32' }));
  const unlike = await run(wide, a, { ids: [ids] });
  expect(relativeError(unlike.logits, ours)).toBeGreaterThan(0.01);
});

test.each(['gpt2', 'llama-biases'])('%s from a GGUF file', async (name) => {
  const { a, adapter } = await openFixture(name);
  const bytes = readFileSync(new URL(`../../e2e/fixtures/gguf/${name}.gguf`, import.meta.url));
  const folder = await openModelFolder([bytesSource(bytes, `${name}.gguf`)]);
  if (folder.kind !== 'model') throw new Error('not a model');
  const session = await openSession(await onnxFolder(folder, a, adapter, { dtype: 'f32' }));
  const { ids, logits } = (await expectedRows(name))[1]!;
  expect(relativeError((await run(session, a, { ids: [ids] })).logits, logits)).toBeLessThan(F32_TOLERANCE);
});

test('what transformers.js reads beside the graph', async () => {
  const { a, model } = await openFixture('cli-bos');
  const template = bytesSource(new TextEncoder().encode('{{ messages[0].content }}'), 'chat_template.jinja');
  const entries = await onnxFolder({ ...model, chatTemplate: template }, a, undefined, { dtype: 'f16' });
  const json = async (name: string) =>
    JSON.parse(new TextDecoder().decode(await entryBytes(entries.find((entry) => entry.name === name)!)));
  expect(await json('config.json')).toMatchObject({
    model_type: a.modelType,
    'transformers.js_config': { dtype: 'fp16' },
  });
  expect(await json('tokenizer_config.json')).toMatchObject({
    add_bos_token: true,
    chat_template: '{{ messages[0].content }}',
  });
  expect([(await json('generation_config.json')).eos_token_id].flat()).toEqual(parityAnswers('cli-bos').stopIds);
  const plain = await openFixture('cli-plain');
  const others = await onnxFolder(plain.model, plain.a, undefined, { dtype: 'f32' });
  const config = others.find((entry) => entry.name === 'tokenizer_config.json')!;
  expect(JSON.parse(new TextDecoder().decode(await entryBytes(config)))).not.toHaveProperty('add_bos_token');
});

describe.each(['cli-bos', 'cli-plain'])('%s', (name) => {
  test('greedy answers are those of transformers and PEFT, as f32 and as f16', async () => {
    const { a, model, adapter } = await openFixture(name);
    const { generate, stopIds } = parityAnswers(name);
    for (const dtype of ['f32', 'f16'] as const) {
      const merged = await openSession(await onnxFolder(model, a, adapter, { dtype }));
      const base = await openSession(await onnxFolder(model, a, undefined, { dtype }));
      for (const [session, answers] of [
        [merged, generate.adapter],
        [base, generate.base],
      ] as const) {
        for (const { promptIds, ids } of answers.slice(0, 2)) {
          expect(await greedy(session, a, promptIds, stopIds, ids.length)).toEqual(ids);
        }
      }
    }
  });
});

/** The first call takes the prompt, the others one token each. */
async function greedy(
  session: InferenceSession,
  a: Architecture,
  promptIds: readonly number[],
  stopIds: readonly number[],
  most: number,
): Promise<number[]> {
  let answer = await run(session, a, { ids: [promptIds] });
  const ids: number[] = [];
  while (ids.length < most) {
    const id = best(answer.logits.subarray(-a.vocabularySize));
    ids.push(id);
    if (stopIds.includes(id)) break;
    answer = await run(session, a, { ids: [[id]] }, answer.cache);
  }
  return ids;
}
