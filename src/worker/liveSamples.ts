// Answers to the fixed prompts by the adapter that is training, read where it lies.
import { answeringAdapters } from '../adapters/answering.ts';
import { Generator } from '../model/generator.ts';
import { answerText, renderedPromptIds } from './prompting.ts';
import type { PlannedRun } from './runPlanning.ts';

const NEW_TOKENS = 64;

export class LiveSamples {
  #generator: Promise<Generator> | undefined;
  readonly #prompts: readonly number[][];

  constructor(
    readonly planned: PlannedRun,
    prompts: readonly string[],
  ) {
    const { tokenizer, description } = planned.model;
    const isChat = planned.data.description.prompt.kind === 'chat';
    // A prompt keeps its end: there the question is.
    const room = description.maxPositions - NEW_TOKENS;
    this.#prompts = prompts.map((prompt) => renderedPromptIds(tokenizer, prompt, isChat).slice(-Math.max(1, room)));
  }

  /** One answer for each prompt, greedy. */
  async answer(): Promise<string[]> {
    if (this.#prompts.length === 0) return [];
    const { tokenizer } = this.planned.model;
    this.#generator ??= this.#open();
    const generator = await this.#generator;
    const answers = this.#prompts.map(async (ids) => {
      const { ids: answer } = await generator.generate({
        promptIds: ids,
        maxNewTokens: NEW_TOKENS,
        stopIds: tokenizer.stopIds,
        choice: { adapter: 0, strength: 1 },
      });
      return answerText(tokenizer, answer);
    });
    return Promise.all(answers);
  }

  async free(): Promise<void> {
    const generator = await this.#generator?.catch(() => undefined);
    this.#generator = undefined;
    await generator?.free();
  }

  #open(): Promise<Generator> {
    const { model, layout, trainer } = this.planned;
    const longest = this.#prompts.reduce((most, ids) => Math.max(most, ids.length), 0);
    return Generator.open(model.gpu, model.frozen, {
      sequences: this.#prompts.length,
      maxTokens: Math.min(longest + NEW_TOKENS, model.description.maxPositions),
      adapters: answeringAdapters(model.frozen.architecture, [layout], trainer.parameters),
      mixed: 1,
    });
  }
}
