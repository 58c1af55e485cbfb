// What of a run can go to the Hub: every export but those that hold its data.
import type { ExportKind, ExportWhat } from '../../../../worker/protocol/exports.ts';
import type { RunRecord } from '../../../../worker/protocol/runs.ts';
import { DESTINATIONS } from '../destinations.ts';

interface PushChoice {
  readonly value: string;
  readonly label: string;
  readonly what: ExportWhat;
}

/** These hold the rows that were trained on. */
const PRIVATE_KINDS: readonly (ExportKind | 'continue')[] = ['continue'];

export function pushChoices(run: RunRecord): PushChoice[] {
  return DESTINATIONS.flatMap(({ destinations }) => destinations)
    .filter(({ kind }) => !PRIVATE_KINDS.includes(kind))
    .flatMap(({ title, choices }) =>
      choices.map(({ value, label, what }) => ({
        value: `${title} ${value}`,
        label: label === '' ? title : `${title}, ${label}`,
        what: what(run.id),
      })),
    );
}
