// The settings of a run, or of all its race, as a JSON file and as a link that opens Train with them. The worker reads them
// again, and refuses what is out of range.
import type { RunRecord } from '../../worker/protocol/runs.ts';
import { routeTo } from '../routing.ts';

/** `of`: this adapter alone, or the lists of the race that it is of. */
type Scope = 'run' | 'race';

export function settingsJson(run: RunRecord, of: Scope): string {
  return `${JSON.stringify(settingsOf(run, of), null, 2)}\n`;
}

/** At this site's address. */
export function settingsLink(run: RunRecord, of: Scope): string {
  return new URL(routeTo('train', { settings: JSON.stringify(settingsOf(run, of)) }), window.location.href).href;
}

function settingsOf({ settings, data, race }: RunRecord, of: Scope) {
  const { taskId, firstRow } = data;
  const rows = { ...(taskId === null ? {} : { taskId }), ...(firstRow ? { firstRow } : {}) };
  const lists = of === 'race' && race?.choices ? { choices: race.choices } : {};
  return { format: 'rankwise-settings', version: 1, ...rows, ...settings, ...lists };
}
