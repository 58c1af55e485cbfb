// A run's settings as a JSON file, and as a link that opens Train with them. The worker reads them again, and refuses what is
// out of range.
import type { RunRecord } from '../../worker/protocol.ts';
import { routeTo } from '../routing.ts';

export function settingsJson(run: RunRecord): string {
  return `${JSON.stringify(settingsOf(run), null, 2)}\n`;
}

/** At this site's address. */
export function settingsLink(run: RunRecord): string {
  return new URL(routeTo('train', { settings: JSON.stringify(settingsOf(run)) }), window.location.href).href;
}

function settingsOf({ settings, data }: RunRecord) {
  const task = data.taskId === null ? {} : { taskId: data.taskId };
  return { format: 'rankwise-settings', version: 1, ...task, ...settings };
}
