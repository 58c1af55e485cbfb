// One prompt, one answerer, its answer streamed.

import { withAnswerer } from './answerPool.ts';
import { cancellable } from './cancelling.ts';
import { isCancellation } from './failure.ts';
import { requireModel } from './modelSession.ts';
import { post } from './post.ts';
import { answerText, promptIds } from './prompting.ts';
import type { Answer, Calls } from './protocol.ts';
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
  const need = { tokens: ids.length + sampling.maxNewTokens, sequences: 1 };
  let isCancelled = false;
  return cancellable('generate', (signal) =>
    withAnswerer(answerer, need, async ({ generator, choice }) => {
      const { maxNewTokens, ...settings } = sampling;
      const { stopIds } = tokenizer;
      const asked = { promptIds: ids, maxNewTokens, stopIds, sampling: settings, choice, signal, onToken };
      return generator.generate(asked);
    }).catch((error: unknown) => {
      if (!isCancellation(error) || newTokens === 0) throw error;
      isCancelled = true;
      return undefined;
    }),
  ).then(
    (generation): Answer => ({
      text: stream.text,
      promptTokens: ids.length,
      newTokens,
      firstTokenMs: generation?.firstTokenMs ?? firstTokenMs,
      elapsedMs: generation?.elapsedMs ?? performance.now() - startedAt,
      stoppedBy: isCancelled ? 'cancelled' : generation?.finish === 'stop' ? 'end' : 'length',
    }),
  );
}
