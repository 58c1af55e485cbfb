// The exported Python follows this engine's rules: held to what it does itself (e2e/reference/continue_rules.py).
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { philox4x32 } from '../adapters/philox.ts';
import { chatTemplateOf } from '../data/chatTemplate.ts';
import { createDataOrder } from '../data/dataOrder.ts';
import { encodeExample } from '../data/encodeExamples.ts';
import { loadTokenizer } from '../data/tokenizer.ts';
import type { Example } from '../data/types.ts';
import { fromFloat32, toFloat32 } from '../formats/dtypes.ts';
import { NORMAL_FLOAT, type QuantizedFormat, quantizeBlocks } from '../formats/quantizeBlocks.ts';
import { learningRateAt } from '../training/schedule.ts';
import { targetSpans } from './dataFiles.ts';

const fixtures = new URL('../../e2e/fixtures/', import.meta.url);
const readJson = (path: string): unknown => JSON.parse(readFileSync(new URL(path, fixtures), 'utf8'));
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

const schedule = z.enum(['constant', 'linear', 'cosine']);
const training = z.object({ learningRate: z.number(), schedule, warmupSteps: z.int() });
const ordering = z.object({ batchSize: z.int(), accumulate: z.int(), seed: z.int(), shuffle: z.boolean() });
const message = z.object({ role: z.string(), content: z.string() });
const example = z.union([
  z.object({ prompt: z.string(), target: z.string() }),
  z.object({ text: z.string() }),
  z.object({ messages: z.array(message) }),
]);
const row = z.object({ ids: z.array(z.int()), targets: z.array(z.tuple([z.int(), z.int()])) });

const rules = z
  .object({
    sources: z.record(z.string(), z.string()),
    orders: z.array(
      z.object({
        lengths: z.array(z.int()),
        training: ordering,
        steps: z.array(z.int()),
        rows: z.array(z.array(z.int())),
        epochs: z.record(z.string(), z.int()),
      }),
    ),
    rates: z.array(z.object({ training, steps: z.int(), rates: z.array(z.number()) })),
    starts: z.array(
      z.object({
        path: z.string(),
        targets: z.array(z.int()),
        rank: z.int(),
        width: z.int(),
        seed: z.int(),
        a: z.array(z.number()),
      }),
    ),
    roundings: z.record(z.string(), z.string()),
    encoded: z.array(
      z.object({
        family: z.string(),
        maxLength: z.int(),
        examples: z.array(example),
        rows: z.array(z.array(row)),
      }),
    ),
  })
  .parse(readJson('continue/rules.json'));

test('the fixture was made by the Python that is exported', () => {
  const folder = new URL('python/rankwise/', import.meta.url);
  const files = readdirSync(folder).filter((name) => name.endsWith('.py'));
  const now = Object.fromEntries(files.map((name) => [name, sha256(readFileSync(new URL(name, folder)))]));
  expect(now, 'run e2e/reference/continue_rules.py').toEqual(rules.sources);
});

test.each(rules.orders)('rows of steps: $training', ({ lengths, training, steps, rows, epochs }) => {
  const order = createDataOrder({ rowCount: lengths.length, ...training, lengths });
  const ours = steps.map((step) =>
    Array.from({ length: training.accumulate }, (_, i) => [...order.microBatch(step, i)]).flat(),
  );
  expect(ours).toEqual(rows);
  for (const [n, count] of Object.entries(epochs)) expect(order.stepsForEpochs(Number(n))).toBe(count);
});

test.each(rules.rates)('learning rates: $training', ({ training, steps, rates }) => {
  for (const [i, rate] of rates.entries()) expect(learningRateAt(training, i + 1, steps)).toBeCloseTo(rate, 15);
});

test.each(rules.starts)('the start of $path', ({ path, targets, rank, width, seed, a }) => {
  const layer = Number(/\.(\d+)\./.exec(path)?.[1]);
  const words = new Uint32Array(4);
  const own = rank / targets.length;
  const ours = targets.flatMap((target) =>
    Array.from({ length: own * width }, (_, i) => {
      philox4x32([Math.floor(i / 4), layer, target, 0], [seed, 0x4c6f5241], words);
      return Math.fround((1 / Math.sqrt(width)) * (((words[i % 4]! >>> 8) + 0.5) / 2 ** 23 - 1));
    }),
  );
  expect(ours).toEqual(a);
});

describe('rounded weights', () => {
  const values = toFloat32(new Uint8Array(readFileSync(new URL('quantize/values.bin', fixtures))), 'F32');

  test.each(['F16', 'BF16'] as const)('%s', (dtype) => {
    const rounded = toFloat32(fromFloat32(values, dtype), dtype);
    expect(sha256(new Uint8Array(rounded.buffer))).toBe(rules.roundings[dtype.toLowerCase()]);
  });

  test.each(['q8', 'q4', 'nf4'] as const)('%s', (format) => {
    const rounded = widened(values, format);
    expect(sha256(new Uint8Array(rounded.buffer))).toBe(rules.roundings[format]);
  });
});

/** As shaders/linear/weight.wgsl reads the blocks. */
function widened(values: Float32Array<ArrayBuffer>, format: QuantizedFormat): Float32Array<ArrayBuffer> {
  const bytes = quantizeBlocks(values, format);
  const words = new Uint32Array(bytes.buffer);
  const floats = new Float32Array(bytes.buffer);
  return Float32Array.from(values, (_, i) => {
    if (format === 'q8') {
      const at = Math.floor(i / 32) * 9;
      return floats[at]! * new Int8Array(bytes.buffer)[(at + 1) * 4 + (i % 32)]!;
    }
    if (format === 'nf4') {
      const at = Math.floor(i / 64) * 9;
      const q = (words[at + 1 + Math.floor((i % 64) / 8)]! >>> (4 * (i % 8))) & 15;
      return floats[at]! * NORMAL_FLOAT[q]!;
    }
    const at = Math.floor(i / 32) * 5;
    const [scale = 0, minimum = 0] = toFloat32(bytes.slice(at * 4, at * 4 + 4), 'F16');
    const byte = bytes[(at + 1) * 4 + (i % 16)]!;
    return Math.fround(scale * (i % 32 < 16 ? byte & 15 : byte >> 4)) + minimum;
  });
}

const chat = z
  .object({
    families: z.array(
      z.object({
        name: z.string(),
        template: z.string(),
        tokenizer: z.string(),
        tokens: z.record(z.string(), z.string()),
      }),
    ),
  })
  .parse(readJson('chat/rendered.json'));

test.each(rules.encoded)('text as tokens: $family, at most $maxLength', ({ family, maxLength, examples, rows }) => {
  const { template, tokenizer: name, tokens } = chat.families.find((one) => one.name === family)!;
  const tokenizer = loadTokenizer({
    tokenizer: readJson(`tokenizers/${name}/tokenizer.json`),
    tokenizerConfig: tokens,
    chatTemplate: template,
  });
  const chatTemplate = chatTemplateOf(tokenizer);
  examples.forEach((given, i) => {
    const encoded = encodeExample(exampleOf(given), { tokenizer, maxLength, chatTemplate });
    const ours = (Array.isArray(encoded) ? encoded : []).flatMap((fitted) =>
      'row' in fitted ? [{ ids: [...fitted.row.ids], targets: targetSpans(fitted.row) }] : [],
    );
    expect(ours, JSON.stringify(given)).toEqual(rows[i]);
  });
});

function exampleOf(given: z.infer<typeof example>): Example {
  if ('messages' in given) return { kind: 'chat', context: '', messages: given.messages, line: 1 };
  if ('text' in given) return { kind: 'text', context: given.text, line: 1 };
  return { kind: 'pair', context: given.prompt, prompt: given.prompt, target: given.target, line: 1 };
}
