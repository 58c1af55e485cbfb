// How each compared run is told from the others: its rank's colour and dashes, and where ranks are shared what else tells the
// runs apart, in a few letters (its matrices, seed, learning rate, alpha or dropout, else a letter), and the next dash
// pattern.
import type { RunRecord } from '../../../worker/protocol/runs.ts';
import { formatLearningRate } from '../../format.ts';
import { rankDash, rankLabel } from '../../theme/rankColour.ts';

export interface RunMark {
  rank: number;
  /** `r 8`; where the rank is shared `r 8 qv`, `r 8 s42`, or `r 8 b` for the second of that rank. */
  label: string;
  dash: number[];
}

const matrices = ({ settings: { adapter } }: RunRecord) =>
  adapter.targets.join(adapter.targets.every(({ length }) => length === 1) ? '' : ',');
const seed = ({ settings, isImported }: RunRecord) => (isImported ? '' : `s${settings.training.seed}`);
const TELLING: readonly ((run: RunRecord) => string)[] = [
  matrices,
  seed,
  ({ settings, isImported }) => (isImported ? '' : formatLearningRate(settings.training.learningRate)),
  ({ settings }) => `α${settings.adapter.alpha}`,
  ({ settings }) => `d${settings.adapter.dropout}`,
  (run) => `${matrices(run)} ${seed(run)}`,
];
/** Longer ones would not fit beside a line's end. */
const MOST_LETTERS = 6;

/** What stands for runs of several seeds together. */
export function groupLabel(run: RunRecord, runs: readonly RunRecord[]): string {
  const label = rankLabel(run.settings.adapter.rank);
  return new Set(runs.map(matrices)).size > 1 ? `${label} ${matrices(run)}` : label;
}

export function runMarks(runs: RunRecord[]): RunMark[] {
  return runs.map((run, index) => {
    const { rank } = run.settings.adapter;
    const same = runs.filter((other) => other.settings.adapter.rank === rank);
    const before = runs.slice(0, index).filter((other) => other.settings.adapter.rank === rank).length;
    const telling = TELLING.find((of) => tellsApart(same.map(of)));
    const suffix = telling ? telling(run) : letters(before);
    const label = same.length > 1 ? `${rankLabel(rank)} ${suffix}` : rankLabel(rank);
    // Patterns follow powers of two: the next power's pattern differs from this one's.
    return { rank, label, dash: rankDash(rank * 2 ** before) };
  });
}

/** `a` to `z`, then `aa` on. */
function letters(place: number): string {
  const last = String.fromCharCode('a'.charCodeAt(0) + (place % 26));
  return place < 26 ? last : letters(Math.floor(place / 26) - 1) + last;
}

function tellsApart(texts: readonly string[]): boolean {
  return new Set(texts).size === texts.length && texts.every(({ length }) => length > 0 && length <= MOST_LETTERS);
}
