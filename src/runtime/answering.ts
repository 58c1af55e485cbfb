// One prompt, one answer, token by token.
import { promptIds } from '../data/prompting.ts';
import { streamDecoder } from '../data/streamDecoder.ts';
import type { TextTokenizer } from '../data/tokenizer.ts';
import { Sampler } from '../model/sampling.ts';
import type { AdapterFeeds, Decoder } from './decoder.ts';
import { CancelledError, OnnxError } from './onnxError.ts';
import type { Prompt, RuntimeAnswer, RuntimeSampling } from './protocol.ts';
import { letMessagesIn } from './turns.ts';

export interface AnswerRequest {
  readonly decoder: Decoder;
  readonly adapter: AdapterFeeds;
  readonly tokenizer: TextTokenizer;
  readonly maxPositions: number | null;
  readonly prompt: Prompt;
  readonly sampling: RuntimeSampling;
  readonly signal: AbortSignal;
  readonly onText: (text: string) => void;
}

/** A cancelled answer is what came of it. Throws OnnxError for a prompt that is empty or too long. */
export async function answer(request: AnswerRequest): Promise<RuntimeAnswer> {
  const { decoder, tokenizer, maxPositions, prompt, sampling, signal, onText } = request;
  const ids = promptIds(tokenizer, prompt.text, prompt.useChatTemplate);
  const promptTokens = ids.length;
  const room = checkedRoom(promptTokens, maxPositions);
  const sampler = new Sampler(sampling);
  const stream = streamDecoder(tokenizer, { skipSpecial: true });
  const startedAt = performance.now();
  let firstTokenMs = 0;
  const answerSoFar = (stoppedBy: RuntimeAnswer['stoppedBy']): RuntimeAnswer => ({
    text: tokenizer.decode(ids.slice(promptTokens), { skipSpecial: true }),
    ids,
    promptTokens,
    newTokens: ids.length - promptTokens,
    firstTokenMs,
    elapsedMs: performance.now() - startedAt,
    stoppedBy,
  });
  const conversation = decoder.start(request.adapter);
  try {
    const pause = () => letMessagesIn(signal);
    let logits = await conversation.take(ids, pause);
    for (;;) {
      const newest = sampler.pick(logits, ids);
      ids.push(newest);
      if (ids.length === promptTokens + 1) firstTokenMs = performance.now() - startedAt;
      onText(stream.push(newest));
      if (tokenizer.stopIds.includes(newest)) return answerSoFar('end');
      if (ids.length - promptTokens >= Math.min(sampling.maxNewTokens, room)) return answerSoFar('length');
      await pause();
      logits = await conversation.take([newest], pause);
    }
  } catch (error) {
    if (!(error instanceof CancelledError) || ids.length === promptTokens) throw error;
    return answerSoFar('cancelled');
  } finally {
    conversation.end();
  }
}

/** Tokens that the answer may have. */
export function checkedRoom(promptTokens: number, maxPositions: number | null): number {
  if (promptTokens === 0) throw new OnnxError('The prompt has no tokens: write something to continue.');
  const room = (maxPositions ?? Number.POSITIVE_INFINITY) - promptTokens;
  if (room >= 1) return room;
  throw new OnnxError(`The prompt has ${promptTokens} tokens; prompt and answer together may have ${maxPositions}.`);
}
