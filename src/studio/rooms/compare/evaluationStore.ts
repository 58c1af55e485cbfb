// Evaluations kept with the compared runs: every answer, and which scores the data cannot tell apart (paired by question).
import { create } from 'zustand';
import { call } from '../../../worker/client.ts';
import type { Evaluation } from '../../../worker/protocol/evaluation.ts';
import { messageOf } from '../../stores/messageOf.ts';
import type { ComparedRun } from './compared.ts';

export type EvaluationStatus =
  | { kind: 'loading' }
  | { kind: 'ready'; evaluation: Evaluation }
  | { kind: 'failed'; message: string };

export const useEvaluations = create<Record<string, EvaluationStatus>>()(() => ({}));

/** Runs that answered these rows, and when: an evaluation made again is read again. */
export interface EvaluationChoice {
  dataKey: string;
  runIds: string[];
  key: string;
}

/** Of the rows that most runs answered, the newest; `wanted` where some did. Null where none was evaluated. */
export function evaluationChoice(
  compared: readonly ComparedRun[],
  wanted: string | undefined,
): EvaluationChoice | null {
  const scores = compared.flatMap(({ run }) => (run.scores ?? []).map((one) => ({ run, ...one })));
  const keys = [...new Set(scores.map(({ dataKey }) => dataKey))];
  const count = (dataKey: string) => scores.filter((one) => one.dataKey === dataKey).length;
  const newest = (dataKey: string) =>
    Math.max(...scores.filter((one) => one.dataKey === dataKey).map(({ evaluatedAt }) => evaluatedAt));
  const [most] = keys.sort((a, b) => count(b) - count(a) || newest(b) - newest(a));
  const dataKey = wanted !== undefined && keys.includes(wanted) ? wanted : most;
  if (dataKey === undefined) return null;
  const answered = scores.filter((one) => one.dataKey === dataKey);
  return {
    dataKey,
    runIds: answered.map(({ run }) => run.id),
    key: JSON.stringify([dataKey, answered.map(({ run, evaluatedAt }) => [run.id, evaluatedAt])]),
  };
}

export async function loadEvaluation({ key, dataKey, runIds }: EvaluationChoice): Promise<void> {
  const known = useEvaluations.getState()[key];
  if (known && known.kind !== 'failed') return;
  useEvaluations.setState({ [key]: { kind: 'loading' } });
  try {
    useEvaluations.setState({
      [key]: { kind: 'ready', evaluation: await call('readEvaluation', { dataKey, runIds }) },
    });
  } catch (error) {
    useEvaluations.setState({ [key]: { kind: 'failed', message: messageOf(error) } });
  }
}
