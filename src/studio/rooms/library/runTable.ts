// The Library's list: which runs a search finds, and in which order they stand.
import type { RunRecord } from '../../../worker/protocol/runs.ts';

export const SORT_KEYS = ['name', 'model', 'data', 'rank', 'loss', 'right', 'created', 'status'] as const;
export type SortKey = (typeof SORT_KEYS)[number];
export interface RunOrder {
  key: SortKey;
  direction: 'ascending' | 'descending';
}

/** Loss on the validation rows when last evaluated; null when it never was. */
export function validationLoss(run: RunRecord): number | null {
  return run.evaluations.at(-1)?.loss ?? null;
}

/** What a run is judged by in one number: validation loss, else the last training loss. */
export function shownLoss(run: RunRecord): number | null {
  return validationLoss(run) ?? run.lastLoss;
}

/** A new array. What a run lacks stands last either way; equals stand newest first. */
export function sortRuns(runs: RunRecord[], { key, direction }: RunOrder): RunRecord[] {
  const sign = direction === 'ascending' ? 1 : -1;
  return [...runs].sort((a, b) => {
    const left = sortValue(a, key);
    const right = sortValue(b, key);
    if (left === null || right === null) return left === right ? b.createdAt - a.createdAt : left === null ? 1 : -1;
    const order =
      typeof left === 'number' && typeof right === 'number'
        ? left - right
        : String(left).localeCompare(String(right), undefined, { numeric: true, sensitivity: 'base' });
    return order === 0 ? b.createdAt - a.createdAt : order * sign;
  });
}

function sortValue(run: RunRecord, key: SortKey): string | number | null {
  switch (key) {
    case 'name':
      return run.name;
    case 'model':
      return run.model.name;
    case 'data':
      return run.data.name;
    case 'rank':
      return run.settings.adapter.rank;
    case 'loss':
      return shownLoss(run);
    case 'right':
      return run.accuracy?.adapter ?? null;
    case 'created':
      return run.createdAt;
    case 'status':
      return run.status;
    default:
      return key satisfies never;
  }
}

/** Runs in which every word of the query occurs: in name, model, data or status, or as the rank in `r8`. */
export function searchRuns(runs: RunRecord[], query: string): RunRecord[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  return runs.filter((run) => {
    const text = [run.name, run.model.name, run.model.baseModelId, run.data.name, run.status].join('\n').toLowerCase();
    const rank = run.settings.adapter.rank;
    return words.every((word) => text.includes(word) || word === `r${rank}` || word === `r=${rank}`);
  });
}
