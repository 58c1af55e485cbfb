// Who may answer in a column: the base, or an adapter of the Library that fits the model that is loaded.

import type { ModelDescription } from '../../../worker/protocol/model.ts';
import type { Answerer } from '../../../worker/protocol/playground.ts';
import type { RunRecord } from '../../../worker/protocol/runs.ts';
import { rankLabel } from '../../theme/rankColour.ts';

export interface AdapterChoice {
  run: RunRecord;
  /** Why it cannot answer here, in a few words; null when it can. */
  refusal: string | null;
}

/** In the Library's order. */
export function adapterChoices(runs: RunRecord[], model: ModelDescription): AdapterChoice[] {
  return runs
    .filter(({ hasAdapter }) => hasAdapter)
    .map((run) => {
      const fits = run.model.baseModelId === model.baseModelId;
      return { run, refusal: fits ? null : `needs ${run.model.name}` };
    });
}

export function answererName(answerer: Answerer, runs: RunRecord[]): string {
  if (answerer.kind === 'base') return 'Base';
  const run = runs.find(({ id }) => id === answerer.runId);
  const name = run === undefined ? 'A deleted run' : nameWithRank(run);
  return answerer.strength === 1 ? name : `${name}, strength ${answerer.strength}`;
}

/** A new run's name ends with its rank already, in a race as `r8` or `r8-q.v`; one that was renamed may not. */
export function nameWithRank({ name, settings }: RunRecord): string {
  const { rank } = settings.adapter;
  return new RegExp(`\\br ?${rank}(-\\S*)?$`).test(name) ? name : `${name}, ${rankLabel(rank)}`;
}

/** The adapter that a newcomer wants beside the base: the one asked for, else the newest that fits. */
export function firstAdapter(choices: AdapterChoice[], wantedRunId: string | null): RunRecord | null {
  const fitting = choices.filter(({ refusal }) => refusal === null);
  const wanted = fitting.find(({ run }) => run.id === wantedRunId);
  return (wanted ?? (wantedRunId === null ? fitting[0] : undefined))?.run ?? null;
}
