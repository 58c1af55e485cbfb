// The settings of a run or a race as JSON, from a file or a link that a stranger may have written.
import { z } from 'zod';
import { FIRST_ROWS } from '../data/types.ts';
import { raceChoicesSchema } from '../training/race.ts';
import { runSettingsSchema } from '../training/settings.ts';
import { WorkerError } from './failure.ts';
import type { Calls } from './protocol.ts';
import { raceAdapters } from './raceAdapters.ts';

const FORMAT = 'rankwise-settings';
const VERSION = 1;

/** Fields that a newer version may add are passed over. */
const schema = runSettingsSchema.extend({
  taskId: z.string().nullable().default(null),
  choices: raceChoicesSchema.nullable().default(null),
  firstRow: z.enum(FIRST_ROWS).nullable().default(null),
});
const head = z.object({ format: z.literal(FORMAT), version: z.number() });

/** Throws WorkerError naming the field that is wrong. */
export function readSettings(text: string): Calls['readSettings']['reply'] {
  const json = parsed(text);
  const known = head.safeParse(json);
  if (!known.success) {
    throw new WorkerError(`These are no settings of Rankwise: expected JSON with "format": "${FORMAT}".`);
  }
  if (known.data.version > VERSION) {
    throw new WorkerError(`These settings are of a newer Rankwise (version ${known.data.version}); reload the page.`);
  }
  const read = schema.safeParse(json);
  if (!read.success) {
    const issue = read.error.issues[0];
    throw new WorkerError(`The settings' ${issue?.path.join('.') ?? 'JSON'}: ${issue?.message ?? 'not understood'}.`);
  }
  const { taskId, choices, firstRow, adapter, training } = read.data;
  const settings = { adapter, training };
  if (choices) raceAdapters({ settings, choices });
  return { settings, choices, taskId, firstRow };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new WorkerError(`These settings are not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
}
