// One prompt, one answerer, its answer streamed.

import { answerText, promptIds } from '../data/prompting.ts';
import { withAnswerer } from './answerPool.ts';
import { cancellable } from './cancelling.ts';
import { isCancellation } from './failure.ts';
import { requireModel } from './modelSession.ts';
import { post } from './post.ts';
import type { Answer } from './protocol/playground.ts';
import type { Calls } from './protocol.ts';
import { TextStream } from './textStream.ts';

/** A cancelled answer is what came of it. */
export function generate(request: Calls['generate']['request']): Promise<Answer> {
  const { requestId, answerer, sampling, prompt, useChatTemplate } = request;
  const { tokenizer } = requireModel();
  const ids = promptIds(tokenizer, prompt, useChatTemplate);
  const stream = new TextStream((tokens) => answerText(tokenizer, tokens));
  const startedAt = performance.now();
  let newTokens = 0;
  let firstTokenMs = 0;
  const onToken = (id: number) => {
    newTokens++;
    if (newTokens === 1) firstTokenMs = performance.now() - startedAt;
    const text = stream.push(id);
    if (text !== '') post({ kind: 'token', requestId, text });
  };
  const answerSoFar = () => ({
    text: stream.text,
    promptTokens: ids.length,
    newTokens,
    firstTokenMs,
    elapsedMs: performance.now() - startedAt,
  });
  const need = { tokens: ids.length + sampling.maxNewTokens, sequences: 1 };
  return cancellable('generate', (signal) =>
    withAnswerer(answerer, need, ({ generator, choice }) => {
      const { maxNewTokens, ...settings } = sampling;
      const { stopIds } = tokenizer;
      return generator.generate({ promptIds: ids, maxNewTokens, stopIds, sampling: settings, choice, signal, onToken });
    }),
  ).then(
    ({ finish, firstTokenMs: first, elapsedMs }): Answer => ({
      ...answerSoFar(),
      firstTokenMs: first,
      elapsedMs,
      stoppedBy: finish === 'stop' ? 'end' : 'length',
    }),
    (error: unknown): Answer => {
      if (!isCancellation(error) || newTokens === 0) throw error;
      return { ...answerSoFar(), stoppedBy: 'cancelled' };
    },
  );
}
