// "No additional inference latency" (Hu et al. 2021, arXiv 2106.09685, section 4.1) as a measurement: time per token of
// the base, of the adapter beside the frozen weights, and of the adapter merged into them.
import { mergeInto, requireMergeable, unmerge } from '../adapters/mergeInto.ts';
import { promptIds } from '../data/prompting.ts';
import { type AdapterChoice, FROZEN } from '../model/answeringAdapters.ts';
import { openAdapter } from './adapterStore.ts';
import { aloneWithAnswerer } from './answerPool.ts';
import { cancellable } from './cancelling.ts';
import { WorkerError } from './failure.ts';
import { withoutRuns } from './mergedState.ts';
import { requireModel } from './modelSession.ts';
import type { TokenTime } from './protocol/playground.ts';
import type { Calls } from './protocol.ts';
import { isTraining } from './runs.ts';

const NEW_TOKENS = 24;
const REPEATS = 7;

export function timeMerged({
  runId,
  prompt,
  useChatTemplate,
}: Calls['timeMerged']['request']): Promise<Calls['timeMerged']['reply']> {
  const { tokenizer, gpu, frozen, opened } = requireModel();
  const ids = promptIds(tokenizer, prompt, useChatTemplate);
  const need = { tokens: ids.length + NEW_TOKENS, sequences: 1 };
  return cancellable('generate', (signal) =>
    aloneWithAnswerer({ kind: 'adapter', runId, strength: 1 }, need, async ({ generator, choice }) => {
      // Checked and taken with nothing in between, so that no run starts before the weights are put back.
      if (isTraining()) {
        throw new WorkerError('Training is under way on these weights; pause or stop it, then time them.');
      }
      return withoutRuns(async () => {
        const msPerToken = async (who: AdapterChoice) => {
          const { elapsedMs } = await generator.generate({
            promptIds: ids,
            maxNewTokens: NEW_TOKENS,
            stopIds: [],
            choice: who,
            signal,
          });
          return elapsedMs / NEW_TOKENS;
        };
        const { layout, block } = await openAdapter(runId, frozen.architecture);
        requireMergeable(frozen, layout);
        const [base, unmerged, merged]: [number[], number[], number[]] = [[], [], []];
        // The first answers compile and warm up.
        await msPerToken(FROZEN);
        await msPerToken(choice);
        for (let i = 0; i < REPEATS; i++) {
          base.push(await msPerToken(FROZEN));
          unmerged.push(await msPerToken(choice));
        }
        try {
          await mergeInto(gpu, frozen, opened.weights, layout, block);
          for (let i = 0; i < REPEATS; i++) merged.push(await msPerToken(FROZEN));
        } finally {
          await unmerge(gpu, frozen, opened.weights, layout);
        }
        return { newTokens: NEW_TOKENS, base: summary(base), unmerged: summary(unmerged), merged: summary(merged) };
      });
    }),
  );
}

function summary(times: readonly number[]): TokenTime {
  const sorted = [...times].sort((a, b) => a - b);
  return { medianMs: sorted[Math.floor(sorted.length / 2)]!, lowestMs: sorted[0]!, highestMs: sorted.at(-1)! };
}
