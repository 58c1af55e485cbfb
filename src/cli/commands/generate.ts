// `generate`: the model's continuation of a prompt, with an adapter or without.
import { openTokenizer } from '../../data/openTokenizer.ts';
import { streamDecoder } from '../../data/streamDecoder.ts';
import { Generator } from '../../model/generator.ts';
import { GREEDY } from '../../model/sampling.ts';
import { answering, openLocalAdapter } from '../adapterFolder.ts';
import type { FlagKind, Flags } from '../flags.ts';
import { InputError } from '../inputError.ts';
import { modelFlag } from '../modelFlag.ts';
import { openLocalModel, withLoadedModel } from '../modelFolder.ts';
import { weightsFlag } from '../weightsFlag.ts';

export const GENERATE_FLAGS: Readonly<Record<string, FlagKind>> = {
  model: 'text',
  adapter: 'text',
  weights: 'text',
  prompt: 'text',
  'max-new-tokens': 'text',
  temperature: 'text',
  json: 'switch',
};

/** Draws at a temperature above 0 repeat themselves from one call to the next. */
const SEED = 42;

export async function generate(flags: Flags): Promise<void> {
  const modelPath = await modelFlag(flags);
  const prompt = flags.text('prompt');
  if (prompt === undefined) throw new InputError('--prompt is missing');
  const maxNewTokens = flags.number('max-new-tokens', { least: 1, isWhole: true }) ?? 64;
  const temperature = flags.number('temperature', { least: 0 }) ?? 0;
  const asJson = flags.has('json');
  const local = await openLocalModel(modelPath);
  const { architecture } = local;
  const tokenizer = await openTokenizer(local.folder);
  const adapterPath = flags.text('adapter');
  const adapter = adapterPath === undefined ? undefined : await openLocalAdapter(adapterPath, architecture);
  const promptIds = tokenizer.encode(prompt);
  if (promptIds.length === 0) throw new InputError('--prompt: it has no tokens; write something to continue');
  if (promptIds.length >= architecture.maxPositions) {
    const room = `this model has ${architecture.maxPositions} positions for prompt and answer`;
    throw new InputError(`--prompt: it has ${promptIds.length} tokens; ${room}`);
  }
  const outside = promptIds.find((id) => id >= architecture.vocabularySize);
  if (outside !== undefined) {
    throw new InputError(
      `tokenizer.json: token ${outside} is outside the model's vocabulary of ${architecture.vocabularySize}`,
    );
  }
  await withLoadedModel(local, weightsFlag(flags, local), async (gpu, model) => {
    const { adapters, choice } = answering(gpu, architecture, adapter);
    const maxTokens = Math.min(promptIds.length + maxNewTokens, architecture.maxPositions);
    const generator = await Generator.open(gpu, model, { sequences: 1, maxTokens, ...(adapters ? { adapters } : {}) });
    const decoder = streamDecoder(tokenizer, { skipSpecial: true });
    const { ids, finish, elapsedMs } = await generator.generate({
      promptIds,
      maxNewTokens,
      stopIds: tokenizer.stopIds,
      sampling: { ...GREEDY, temperature, seed: SEED },
      ...(choice ? { choice } : {}),
      onToken: (id) => void (asJson || process.stdout.write(decoder.push(id))),
    });
    await generator.free();
    if (!asJson) {
      process.stdout.write(`${decoder.flush()}\n`);
      return;
    }
    const text = tokenizer.decode(ids, { skipSpecial: true });
    const seconds = elapsedMs / 1000;
    process.stdout.write(
      `${JSON.stringify({ prompt, promptIds, ids, text, finish, elapsedMs, tokensPerSecond: ids.length / seconds })}\n`,
    );
  });
}
