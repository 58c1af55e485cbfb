import { useEffect, useMemo } from 'react';
import type { Evaluation } from '../../../worker/protocol/evaluation.ts';
import type { ComparedRun } from './compared.ts';
import { evaluationChoice, loadEvaluation, useEvaluations } from './evaluationStore.ts';

/** The evaluation of the compared runs on the rows of `dataKey`, or on those that most answered; null until it is read. */
export function useEvaluation(compared: readonly ComparedRun[], dataKey: string | undefined): Evaluation | null {
  const choice = useMemo(() => evaluationChoice(compared, dataKey), [compared, dataKey]);
  const key = choice?.key;
  // biome-ignore lint/correctness/useExhaustiveDependencies: the key says all that the choice does
  useEffect(() => {
    if (choice) void loadEvaluation(choice);
  }, [key]);
  const status = useEvaluations((state) => (key === undefined ? undefined : state[key]));
  return status?.kind === 'ready' ? status.evaluation : null;
}
