// Evaluations: what was chosen to be measured, how far the measuring is, and the one on show. The worker measures, scores
// and keeps; here it is only asked and shown.
import { create } from 'zustand';
import { CallError, call, onEvent } from '../../../../worker/client.ts';
import type { Evaluation } from '../../../../worker/protocol/evaluation.ts';
import type { RunRecord } from '../../../../worker/protocol/runs.ts';
import { messageOf } from '../../../stores/messageOf.ts';

export type EvaluateStatus =
  | { kind: 'idle' }
  /** `runId` null is the base. */
  | { kind: 'running'; runId: string | null; phase: 'loss' | 'answers'; done: number; total: number; share: number }
  | { kind: 'failed'; message: string };

interface EvaluateState {
  status: EvaluateStatus;
  shown: Evaluation | null;
  /** Null: those that the panel proposes. */
  runIds: string[] | null;
  withBase: boolean;
  /** 0 is all. */
  contexts: number;
  generate: boolean;
  /** Null: the held-out rows of the data that is read. */
  file: File | null;
}

export const useEvaluate = create<EvaluateState>()(() => ({
  status: { kind: 'idle' },
  shown: null,
  runIds: null,
  withBase: true,
  contexts: 200,
  generate: true,
  file: null,
}));

onEvent('evaluating', ({ runId, phase, done, total, share }) => {
  useEvaluate.setState(({ status }) =>
    status.kind === 'running' ? { status: { kind: 'running', runId, phase, done, total, share } } : {},
  );
});

export async function evaluateRuns(runIds: string[]): Promise<void> {
  const { withBase, contexts, generate, file } = useEvaluate.getState();
  const first = withBase ? null : (runIds[0] ?? null);
  useEvaluate.setState({ status: { kind: 'running', runId: first, phase: 'loss', done: 0, total: 0, share: 0 } });
  await settle(() =>
    call('evaluateRuns', {
      runIds,
      withBase,
      source: file === null ? { kind: 'heldOut' } : { kind: 'file', file },
      contexts: contexts === 0 ? null : contexts,
      generate,
    }),
  );
}

export async function showKept(runIds: string[], dataKey: string): Promise<void> {
  await settle(() => call('readEvaluation', { runIds, dataKey }));
}

async function settle(ask: () => Promise<Evaluation>): Promise<void> {
  try {
    useEvaluate.setState({ shown: await ask(), status: { kind: 'idle' } });
  } catch (error) {
    const isCancelled = error instanceof CallError && error.isCancelled;
    useEvaluate.setState({ status: isCancelled ? { kind: 'idle' } : { kind: 'failed', message: messageOf(error) } });
  }
}

export async function cancelEvaluation(): Promise<void> {
  await call('cancel', { what: 'evaluate' });
}

export interface KeptEvaluation {
  dataKey: string;
  dataName: string;
  contexts: number;
  runIds: string[];
}

/** Every set of questions that some run answered, the newest first. */
export function keptEvaluations(runs: readonly RunRecord[]): KeptEvaluation[] {
  const found = new Map<string, KeptEvaluation & { newest: number }>();
  for (const { id, scores = [] } of runs) {
    for (const { dataKey, dataName, questions, evaluatedAt } of scores) {
      const known = found.get(dataKey);
      const runIds = [...(known?.runIds ?? []), id];
      const newest = Math.max(evaluatedAt, known?.newest ?? 0);
      found.set(dataKey, { dataKey, dataName, contexts: questions, runIds, newest });
    }
  }
  return [...found.values()].sort((a, b) => b.newest - a.newest);
}
