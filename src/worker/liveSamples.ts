// Answers to the fixed prompts by the adapters that are training, read where it lies. What they take of the GPU is planned
// with the run.
import type { AdapterLayout } from '../adapters/adapterSet.ts';
import { answeringAdapters } from '../adapters/answering.ts';
import { answerText, renderedPromptIds } from '../data/prompting.ts';
import type { TextTokenizer } from '../data/tokenizer.ts';
import type { Tensor } from '../gpu/tensor.ts';
import type { Architecture } from '../model/architecture.ts';
import { Generator, type GeneratorOptions } from '../model/generator.ts';
import type { LoadedModel } from './modelSession.ts';

const NEW_TOKENS = 64;

export interface SamplePlan {
  readonly promptIds: readonly (readonly number[])[];
  readonly options: GeneratorOptions;
}

/** How `prompts` will be answered; undefined where there are none. `parameters`: the flat tensor that trains. */
export function planSamples(
  prompts: readonly string[],
  { tokenizer, architecture, isChat }: { tokenizer: TextTokenizer; architecture: Architecture; isChat: boolean },
  layouts: readonly AdapterLayout[],
  parameters: Tensor,
): SamplePlan | undefined {
  if (prompts.length === 0) return undefined;
  // A prompt keeps its end: there the question is.
  const room = Math.max(1, architecture.maxPositions - NEW_TOKENS);
  const promptIds = prompts.map((prompt) => renderedPromptIds(tokenizer, prompt, isChat).slice(-room));
  const longest = promptIds.reduce((most, ids) => Math.max(most, ids.length), 0);
  const options = {
    sequences: promptIds.length,
    maxTokens: Math.min(longest + NEW_TOKENS, architecture.maxPositions),
    adapters: answeringAdapters(architecture, layouts, parameters),
    mixed: 1,
  };
  return { promptIds, options };
}

export class LiveSamples {
  #generator: Promise<Generator> | undefined;

  constructor(readonly planned: { model: LoadedModel; samples: SamplePlan | undefined }) {}

  /** One answer for each prompt by one of the adapters, greedy. */
  async answer(adapter: number): Promise<string[]> {
    const { model, samples } = this.planned;
    if (!samples) return [];
    const { tokenizer } = model;
    this.#generator ??= Generator.open(model.gpu, model.frozen, samples.options);
    const generator = await this.#generator;
    const answers = samples.promptIds.map(async (promptIds) => {
      const { ids } = await generator.generate({
        promptIds,
        maxNewTokens: NEW_TOKENS,
        stopIds: tokenizer.stopIds,
        choice: { adapter, strength: 1 },
      });
      return answerText(tokenizer, ids);
    });
    return Promise.all(answers);
  }

  async free(): Promise<void> {
    const generator = await this.#generator?.catch(() => undefined);
    this.#generator = undefined;
    await generator?.free();
  }
}
