// Greedy answers to many questions by one adapter or the frozen model, in batches over the key–value cache: an answer that
// ends makes room for the next question.
import { answeringAdapters } from '../adapters/answering.ts';
import type { TextTokenizer } from '../data/tokenizer.ts';
import type { Gpu } from '../gpu/device.ts';
import { GpuLimitError, OutOfGpuMemoryError } from '../gpu/errors.ts';
import { FROZEN } from '../model/answeringAdapters.ts';
import type { FrozenModel } from '../model/frozenModel.ts';
import { Generator, type GeneratorOptions } from '../model/generator.ts';
import { ModelError } from '../model/modelError.ts';
import { qkvSizes } from '../model/network.ts';
import type { Question } from './questions.ts';
import type { PlacedAdapter } from './rowLosses.ts';

export interface AnswerOptions {
  readonly gpu: Gpu;
  readonly model: FrozenModel;
  readonly tokenizer: TextTokenizer;
  /** Undefined: the frozen model. */
  readonly adapter: PlacedAdapter | undefined;
  readonly questions: readonly Pick<Question, 'promptIds'>[];
  readonly maxNewTokens: number;
  readonly onProgress?: ((done: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Answers under way at one time, where their keys and values take no more than this. One answerer at a time: what
 * makes an answer cheap is their number (a third less at 100 than at 32), whether one answerer gives them or four.
 */
const SEQUENCES = 128;
const CACHE_BYTES = 1 << 30;

/** In the order of `questions`. Throws ModelError where a prompt leaves no room, and the signal's reason. */
export async function answerAll(options: AnswerOptions): Promise<string[]> {
  const { gpu, model, tokenizer, adapter, questions, maxNewTokens, onProgress, signal } = options;
  const { maxPositions } = model.architecture;
  // A prompt keeps its end: there the question is.
  const prompts = questions.map(({ promptIds }) => promptIds.slice(-(maxPositions - 1)));
  const longest = prompts.reduce((most, ids) => Math.max(most, ids.length), 1);
  const maxTokens = Math.min(maxPositions, longest + maxNewTokens);
  const sequences = Math.min(questions.length, sequencesFor(model, maxTokens));
  const generator = await openThatFits(gpu, model, {
    sequences,
    maxTokens,
    ...(adapter ? { adapters: answeringAdapters(model.architecture, [adapter.layout], adapter.parameters) } : {}),
    mixed: 1,
  });
  try {
    let done = 0;
    const { stopIds } = tokenizer;
    const choice = adapter ? { adapter: 0, strength: 1 } : FROZEN;
    const answers = await Promise.allSettled(
      prompts.map(async (promptIds) => {
        const { ids } = await generator.generate({ promptIds, maxNewTokens, stopIds, choice, signal });
        onProgress?.(++done);
        return tokenizer.decode(ids, { skipSpecial: true });
      }),
    );
    // Every one is waited for, so that none is left behind when one fails.
    return answers.map((answer) => {
      if (answer.status === 'rejected') throw answer.reason;
      return answer.value;
    });
  } finally {
    await generator.free();
  }
}

function sequencesFor({ architecture: a }: FrozenModel, maxTokens: number): number {
  const perToken = 2 * a.layers * qkvSizes(a).kvCols * Float32Array.BYTES_PER_ELEMENT;
  return Math.max(1, Math.min(SEQUENCES, Math.floor(CACHE_BYTES / (perToken * maxTokens))));
}

/** With fewer answers at one time where this GPU has no room. */
async function openThatFits(gpu: Gpu, model: FrozenModel, options: GeneratorOptions): Promise<Generator> {
  try {
    return await Generator.open(gpu, model, options);
  } catch (error) {
    const isRoom =
      error instanceof OutOfGpuMemoryError || error instanceof GpuLimitError || error instanceof ModelError;
    if (!isRoom || options.sequences === 1) throw error;
    return openThatFits(gpu, model, { ...options, sequences: Math.ceil(options.sequences / 2) });
  }
}
