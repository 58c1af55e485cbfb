// Exported folders answered from in onnxruntime-web (WebAssembly), against what PyTorch, transformers and PEFT said
// (e2e/reference/parity.py).
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import { parityFiles, readTensors } from '../adapters/testFixtures.ts';
import { bytesSource } from '../formats/byteSource.ts';
import { loadAdapter } from './adapterFeeds.ts';
import { type AnswerRequest, answer } from './answering.ts';
import type { AdapterFeeds } from './decoder.ts';
import { readSignature } from './graphSignature.ts';
import { spread, timeLanes } from './latency.ts';
import { logitsDifference } from './logitsDifference.ts';
import { CancelledError } from './onnxError.ts';
import { exportFixture, openFiles } from './testFolder.ts';

const CASE = 'cli-plain';
/** f32 sums in another order than PyTorch's, of logits up to 10 or so. */
const LOGITS_TOLERANCE = 1e-4;

const expected = JSON.parse(
  readFileSync(new URL(`../../e2e/fixtures/parity/${CASE}/expected.json`, import.meta.url), 'utf8'),
);
const GREEDY = { maxNewTokens: 16, temperature: 0, topK: 0, topP: 1, repetitionPenalty: 1, seed: 0 };
const signal = new AbortController().signal;

let open: Awaited<ReturnType<typeof openFiles>>;
let merged: Awaited<ReturnType<typeof openFiles>>;
let logits: Record<'base' | 'adapter', Float32Array>;
beforeAll(async () => {
  open = await openFiles(await exportFixture(CASE, 'open'));
  merged = await openFiles(await exportFixture(CASE, 'merged'));
  const tensors = await readTensors(parityFiles(CASE).find(({ name }) => name === 'expected.safetensors')!);
  logits = { base: tensors.get('logits/base')!.values, adapter: tensors.get('logits/adapter')!.values };
});

const tuned = (): AdapterFeeds => open.adapters[0]!.feeds;

function ask(opened: typeof open, adapter: AdapterFeeds, change: Partial<AnswerRequest> = {}) {
  const prompt = { text: expected.generate.base[0].prompt, useChatTemplate: false };
  const { decoder, tokenizer } = opened;
  const request = {
    decoder,
    adapter,
    tokenizer,
    maxPositions: 512,
    prompt,
    sampling: GREEDY,
    signal,
    onText: () => {},
  };
  return answer({ ...request, ...change });
}

describe('answers', () => {
  test('the greedy tokens of transformers and PEFT: base, open adapter, merged', async () => {
    for (const [i, { prompt, promptIds }] of expected.generate.base.entries()) {
      const asked = { prompt: { text: prompt, useChatTemplate: false } };
      const base = await ask(open, {}, asked);
      expect(base.ids).toEqual([...promptIds, ...expected.generate.base[i].ids]);
      expect((await ask(open, tuned(), asked)).ids).toEqual([...promptIds, ...expected.generate.adapter[i].ids]);
      expect((await ask(merged, {}, asked)).ids).toEqual([...promptIds, ...expected.generate.adapter[i].ids]);
    }
  });

  test('the text comes in pieces, and is the whole one', async () => {
    const pieces: string[] = [];
    const { text, stoppedBy, newTokens, promptTokens } = await ask(open, {}, { onText: (piece) => pieces.push(piece) });
    expect(pieces.join('')).toBe(text);
    expect(text).toBe(expected.generate.base[0].text);
    expect([stoppedBy, newTokens, promptTokens]).toEqual(['end', 12, 11]);
  });

  test('the same seed draws the same tokens, another one others', async () => {
    const drawn = async (seed: number) =>
      (await ask(open, tuned(), { sampling: { ...GREEDY, temperature: 2, seed } })).ids.join();
    expect(await drawn(1)).toBe(await drawn(1));
    expect(await drawn(2)).not.toBe(await drawn(1));
  });

  test('cancelled, an answer is what came of it; before its first token it is none', async () => {
    const controller = new AbortController();
    let told = 0;
    const onText = () => {
      told++;
      if (told === 3) controller.abort(new CancelledError());
    };
    const { stoppedBy, newTokens } = await ask(open, {}, { signal: controller.signal, onText });
    expect([stoppedBy, newTokens]).toEqual(['cancelled', 3]);
    const text = 'name: Blue Heron '.repeat(20);
    const long = { prompt: { text, useChatTemplate: false }, signal: controller.signal };
    await expect(ask(open, {}, long)).rejects.toBeInstanceOf(CancelledError);
  });

  test('a prompt that is empty, too long, or for a chat template that is not there', async () => {
    const withText = (text: string) => ({ prompt: { text, useChatTemplate: false } });
    await expect(ask(open, {}, withText(''))).rejects.toThrow('The prompt has no tokens');
    await expect(ask(open, {}, { maxPositions: 11 })).rejects.toThrow('The prompt has 11 tokens');
    expect((await ask(open, tuned(), { maxPositions: 13 })).stoppedBy).toBe('length');
    await expect(ask(open, {}, { prompt: { text: 'a', useChatTemplate: true } })).rejects.toThrow('no chat template');
  });
});

describe('logits', () => {
  const compare = (opened: typeof open, adapter: AdapterFeeds, oneByOne: number, rows: Float32Array) => {
    const { ids } = expected.logits;
    return logitsDifference({ decoder: opened.decoder, adapter, ids, oneByOne, expected: rows, signal });
  };

  test('base, open adapter and merged, in one piece and token by token', async () => {
    for (const oneByOne of [0, 20]) {
      for (const [opened, adapter, rows] of [
        [open, {}, logits.base],
        [open, tuned(), logits.adapter],
        [merged, {}, logits.adapter],
      ] as const) {
        const { largest, scale, positions, sameBest } = await compare(opened, adapter, oneByOne, rows);
        expect(largest).toBeLessThan(LOGITS_TOLERANCE);
        expect([positions, sameBest]).toEqual([31, 31]);
        expect(scale).toBeCloseTo(Math.max(...rows.map(Math.abs)), 5);
      }
    }
  });

  test('the last positions alone; a difference is found where it is; another vocabulary is refused', async () => {
    const vocabulary = logits.base.length / 31;
    const last = logits.base.slice(-2 * vocabulary);
    last[3] = last[3]! + 0.5;
    const found = await compare(open, {}, 20, last);
    expect(found.positions).toBe(2);
    expect(found.largest).toBeCloseTo(0.5, 3);
    last[3] = Number.NaN;
    expect((await compare(open, {}, 20, last)).largest).toBe(Number.POSITIVE_INFINITY);
    await expect(compare(open, {}, 0, last.slice(1))).rejects.toThrow(`a vocabulary of ${vocabulary}`);
  });

  test('f16', async () => {
    const half = await openFiles(await exportFixture(CASE, 'open', 'f16'));
    const { largest, scale } = await compare(half, half.adapters[0]!.feeds, 20, logits.adapter);
    expect(largest / scale).toBeLessThan(2e-3);
  });
});

test('lanes take turns: every one is timed, the first against itself', async () => {
  const told: number[] = [];
  const times = await timeLanes({
    lanes: [
      { decoder: merged.decoder, adapter: {} },
      { decoder: open.decoder, adapter: tuned() },
    ],
    ids: [1, 2, 3],
    newTokens: 4,
    rounds: 3,
    signal,
    onTurn: (done, total) => told.push(done / total),
  });
  expect(told).toHaveLength(8);
  expect(told.at(-1)).toBe(1);
  expect(times[0]?.ratio).toEqual({ median: 1, lowest: 1, highest: 1 });
  for (const { msPerToken } of times) expect(msPerToken.lowest).toBeGreaterThan(0);
  expect(spread([5, 1, 3, 10])).toEqual({ median: 4, lowest: 1, highest: 10 });
});

describe('refused', () => {
  test('an adapter for another model, of other sizes, or half of one', async () => {
    const other = (await exportFixture('llama', 'open')).find(({ name }) => name.endsWith('tuned.safetensors'))!;
    await expect(loadAdapter(other, open.decoder)).rejects.toThrow('is no input of this graph');
    const gpt2 = (await exportFixture('gpt2', 'open')).find(({ name }) => name.endsWith('tuned.safetensors'))!;
    await expect(loadAdapter(gpt2, open.decoder)).rejects.toThrow(/expected \[34, rank\], got|is no input/);
    const own = (await exportFixture(CASE, 'open')).find(({ name }) => name.endsWith('tuned.safetensors'))!;
    const bytes = Buffer.from(await own.read(0, own.sizeBytes));
    const at = bytes.indexOf('.lora_B"');
    bytes.write('.lora_C"', at);
    await expect(loadAdapter(bytesSource(bytes, 'x.safetensors'), open.decoder)).rejects.toThrow('lora_C is no input');
  });

  test('a graph that is no decoder, by what it lacks or asks for', () => {
    const tensor = (name: string, shape: readonly (string | number)[] = ['batch', 'length']) =>
      ({ name, isTensor: true, type: 'float32', shape }) as const;
    const graph = (inputs: string[], outputs = ['logits', 'present.0.key']) => ({
      inputMetadata: inputs.map((name) => tensor(name, name.startsWith('past') ? ['b', 2, 'past', 4] : undefined)),
      outputMetadata: outputs.map((name) => tensor(name)),
    });
    const cache = 'past_key_values.0.key';
    const decoder = ['input_ids', 'attention_mask', cache];
    expect(readSignature(graph(decoder)).cache[0]).toMatchObject({ present: 'present.0.key', heads: 2, headDim: 4 });
    expect(() => readSignature(graph(['pixel_values']))).toThrow('no input input_ids, attention_mask, past_key');
    expect(() => readSignature(graph(decoder, ['logits']))).toThrow('no output present.0.key');
    expect(() => readSignature(graph([...decoder, 'pixel_values']))).toThrow('asks for pixel_values');
  });

  test('bytes that are no graph', async () => {
    const files = await exportFixture(CASE, 'base');
    const broken = files.map((file) =>
      file.name.endsWith('.onnx') ? bytesSource(new Uint8Array(64), file.name) : file,
    );
    await expect(openFiles(broken)).rejects.toThrow('model.onnx: is no ONNX graph, or was cut short');
  });
});
