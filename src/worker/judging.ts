// How often an answerer is right on a built-in task's held-out rows: answered greedily in batches, judged by running the
// query or word for word.

import { answerText } from '../data/prompting.ts';
import { withAnswerer } from './answerPool.ts';
import { storedTask } from './builtinFiles.ts';
import { cancellable } from './cancelling.ts';
import { keptRun, updateRun } from './library.ts';
import { requireModel } from './modelSession.ts';
import { post } from './post.ts';
import type { Answerer, TaskExample } from './protocol/playground.ts';
import type { Calls } from './protocol.ts';
import { isSameResult, runSql } from './sqlite.ts';
import { heldOutRows } from './taskRows.ts';
import { wilsonInterval } from './wilson.ts';

type Judgement = Calls['judgeTask']['reply'];

const SEQUENCES = 16;
const NEW_TOKENS = 64;

export function judgeTask({ taskId, answerer, rows }: Calls['judgeTask']['request']): Promise<Judgement> {
  return cancellable('judge', async (signal) => {
    await storedTask(taskId);
    const { tokenizer, description } = requireModel();
    const asked = (await heldOutRows(taskId)).slice(0, rows);
    const prompts = asked.map(({ prompt }) => tokenizer.encode(prompt));
    const longest = prompts.reduce((most, ids) => Math.max(most, ids.length), 0);
    const tokens = Math.min(longest + NEW_TOKENS, description.maxPositions);
    let done = 0;
    let right = 0;
    await withAnswerer(answerer, { tokens, sequences: SEQUENCES }, async ({ generator, choice }) => {
      const { stopIds } = tokenizer;
      const judged = asked.map(async (example, i) => {
        const request = { promptIds: prompts[i]!, maxNewTokens: NEW_TOKENS, stopIds, choice, signal };
        const { ids } = await generator.generate(request);
        if (await isRight(example, answerText(tokenizer, ids))) right++;
        done++;
        post({ kind: 'judged', taskId, done, rows: asked.length, right });
      });
      // Every one is waited for, so that none is left behind when one is cancelled.
      const [failed] = (await Promise.allSettled(judged)).filter((each) => each.status === 'rejected');
      if (failed) throw failed.reason;
    });
    await keepAccuracy(answerer, taskId, right / asked.length, asked.length);
    return { right, rows: asked.length, ...wilsonInterval(right, asked.length) };
  });
}

/** What the base reached, by model, task and rows: set beside an adapter's. */
const baseShares = new Map<string, number>();

/** An adapter judged as it was trained keeps the result in its run. */
async function keepAccuracy(answerer: Answerer, taskId: string, share: number, rows: number): Promise<void> {
  const { description, mark = '' } = requireModel();
  const key = [description.baseModelId, mark, taskId, rows].join(' ');
  if (answerer.kind === 'base') baseShares.set(key, share);
  if (answerer.kind === 'base' || answerer.strength !== 1) return;
  const run = await keptRun(answerer.runId);
  if (run.data.taskId !== taskId || run.status === 'running') return;
  await updateRun({ ...run, accuracy: { base: baseShares.get(key) ?? null, adapter: share, rows } });
}

async function isRight({ target, table }: TaskExample, answer: string): Promise<boolean> {
  if (table === null) return sameWords(target, answer);
  return isSameResult(target, await runSql(table, target), await runSql(table, answer.trim()));
}

function sameWords(a: string, b: string): boolean {
  const words = (text: string) => text.trim().split(/\s+/).join(' ');
  return words(a) === words(b);
}
