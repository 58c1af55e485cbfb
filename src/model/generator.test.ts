import { describe, expect, it } from 'vitest';
import { testGpu } from '../ops/testGpu.ts';
import { type GenerationRequest, Generator, type GeneratorOptions } from './generator.ts';
import { checkIds } from './logits.ts';
import { ModelError } from './modelError.ts';
import { GREEDY } from './sampling.ts';
import { parityAnswers, parityModel, parityRows } from './testModel.ts';

const NAME = 'cli-bos';
const { generate: known, stopIds } = parityAnswers(NAME);
const prompts = known.base.map(({ promptIds }) => promptIds);

async function open(options: Partial<GeneratorOptions> = {}, name = NAME): Promise<Generator> {
  return Generator.open(await testGpu(), await parityModel(name), { sequences: 2, maxTokens: 64, ...options });
}

function ask(promptIds: readonly number[], changes: Partial<GenerationRequest> = {}): GenerationRequest {
  return { promptIds, maxNewTokens: known.newTokens, stopIds, ...changes };
}

describe('requests', () => {
  it('answer the same alone, together, and after waiting for a place', async () => {
    for (const sequences of [1, 3, 8]) {
      const generator = await open({ sequences });
      const answers = await Promise.all([...prompts, ...prompts].map((ids) => generator.generate(ask(ids))));
      const expected = known.base.map(({ ids }) => ids);
      expect(answers.map(({ ids }) => ids)).toEqual([...expected, ...expected]);
      await generator.free();
    }
  });

  it('may come while others are answered', async () => {
    const generator = await open();
    const late: Promise<unknown>[] = [];
    const onToken = () => {
      if (late.length === 0) late.push(generator.generate(ask(prompts[1]!)).then(({ ids }) => ids));
    };
    const first = await generator.generate(ask(prompts[0]!, { onToken }));
    expect(first.ids).toEqual(known.base[0]!.ids);
    expect(await Promise.all(late)).toEqual([known.base[1]!.ids]);
    await generator.free();
  });

  it('with a long prompt take several prefills', async () => {
    const rows = parityRows('llama').flat();
    const long = Array.from({ length: 90 }, (_, i) => rows[i % rows.length]!);
    const given: (readonly number[])[] = [];
    for (const sequences of [1, 8]) {
      // 100 rows at most are prefilled at once with one sequence, 256 with eight.
      const generator = await open({ sequences, maxTokens: 100 }, 'llama');
      const answers = await Promise.all(
        Array.from({ length: sequences }, () => generator.generate(ask(long, { maxNewTokens: 5 }))),
      );
      given.push(...answers.map(({ ids }) => ids));
      await generator.free();
    }
    expect(new Set(given.map(String)).size).toBe(1);
  });
});

describe('an answer', () => {
  it('ends at a stop token, which is part of it, or when the room is used up', async () => {
    const generator = await open({ maxTokens: 20 });
    const [prompt, { ids }] = [prompts[0]!, known.base[0]!];
    const stopped = await generator.generate(ask(prompt, { stopIds: [ids[3]!] }));
    expect(stopped).toMatchObject({ ids: ids.slice(0, ids.indexOf(ids[3]!) + 1), finish: 'stop' });
    const full = await generator.generate(ask(prompt, { maxNewTokens: 100 }));
    expect(full.finish).toBe('length');
    expect(full.ids).toHaveLength(20 - prompt.length);
    await generator.free();
  });

  it('comes token by token, with its times', async () => {
    const generator = await open();
    const seen: number[] = [];
    const answer = await generator.generate(ask(prompts[1]!, { onToken: (id) => seen.push(id) }));
    expect(seen).toEqual(answer.ids);
    expect(answer.promptTokens).toBe(prompts[1]!.length);
    expect(answer.firstTokenMs).toBeGreaterThan(0);
    expect(answer.elapsedMs).toBeGreaterThan(answer.firstTokenMs);
    await generator.free();
  });

  it('repeats with its seed, whatever stands beside it', async () => {
    const sampling = { ...GREEDY, temperature: 1.5, topK: 50, seed: 11 };
    const generator = await open({ sequences: 4 });
    const alone = await generator.generate(ask(prompts[0]!, { sampling }));
    const others = prompts.slice(1, 4).map((ids) => generator.generate(ask(ids)));
    const beside = await generator.generate(ask(prompts[0]!, { sampling }));
    const other = await generator.generate(ask(prompts[0]!, { sampling: { ...sampling, seed: 12 } }));
    await Promise.all(others);
    expect(beside.ids).toEqual(alone.ids);
    expect(other.ids).not.toEqual(alone.ids);
    await generator.free();
  });

  it('can be cancelled, and the others go on', async () => {
    const generator = await open();
    const controller = new AbortController();
    const onToken = () => controller.abort();
    const cancelled = generator.generate(ask(prompts[0]!, { signal: controller.signal, onToken }));
    const other = generator.generate(ask(prompts[1]!));
    await expect(cancelled).rejects.toMatchObject({ name: 'AbortError' });
    expect((await other).ids).toEqual(known.base[1]!.ids);
    await expect(generator.generate(ask(prompts[0]!, { signal: controller.signal }))).rejects.toMatchObject({
      name: 'AbortError',
    });
    await generator.free();
  });
});

it('creates nothing after the first step of each size, and allocates what it says', async () => {
  const gpu = await testGpu();
  const model = await parityModel(NAME);
  const before = gpu.allocatedBytes;
  const planned = await Generator.sizeOf(gpu, model, { sequences: 4, maxTokens: 40 });
  expect(gpu.allocatedBytes).toBe(before);
  const generator = await Generator.open(gpu, model, { sequences: 4, maxTokens: 40 });
  const round = async () => {
    for (const count of [1, 2, 4]) {
      await Promise.all(prompts.slice(0, count).map((ids) => generator.generate(ask(ids, { maxNewTokens: 3 }))));
    }
    const long = Array.from({ length: 4 }, () => Array.from({ length: 36 }, (_, i) => i));
    for (const count of [1, 2, 4]) {
      await Promise.all(long.slice(0, count).map((ids) => generator.generate(ask(ids, { maxNewTokens: 2 }))));
    }
  };
  await round();
  const created = { ...gpu.created };
  expect(gpu.allocatedBytes - before).toBe(planned);
  expect(generator.sizeBytes).toBe(planned);
  await round();
  expect(gpu.created).toEqual(created);
  await generator.free();
  expect(gpu.allocatedBytes).toBe(before);
});

describe('refuses', () => {
  it('a context longer than the model has positions', async () => {
    const { maxPositions } = (await parityModel(NAME)).architecture;
    await expect(open({ maxTokens: maxPositions + 1 })).rejects.toThrow(
      `A context of ${maxPositions + 1} tokens is longer than this model's ${maxPositions} positions.`,
    );
  });

  it('prompts that do not fit or are not tokens', async () => {
    const generator = await open({ maxTokens: 8 });
    const vocabulary = (await parityModel(NAME)).architecture.vocabularySize;
    const reasons: [readonly number[], string][] = [
      [[], 'The prompt has no tokens'],
      [[1, 2, 3, 4, 5, 6, 7, 8], 'The prompt has 8 tokens; prompt and answer together may have 8.'],
      [[1, vocabulary], `${vocabulary} is not a token`],
    ];
    for (const [promptIds, message] of reasons) {
      const refusal = generator.generate(ask(promptIds));
      await expect(refusal).rejects.toThrow(message);
      await expect(refusal).rejects.toBeInstanceOf(ModelError);
    }
    await generator.free();
    await expect(generator.generate(ask([1]))).rejects.toThrow('freed');
  });

  it('logits of too many or unknown tokens', async () => {
    const model = await parityModel(NAME);
    const { maxPositions } = model.architecture;
    expect(() =>
      checkIds(
        model,
        Array.from({ length: maxPositions + 1 }, () => 1),
      ),
    ).toThrow('positions');
    expect(() => checkIds(model, [-1])).toThrow('not a token');
    expect(() => checkIds(model, [])).toThrow('at least one token');
  });
});
