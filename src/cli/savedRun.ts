// A run as `train` keeps it under OUT/state: run.json, with all that decides the run, and checkpoints beside it.
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { AdapterSpec } from '../adapters/adapterSet.ts';
import { FIRST_ROWS, type TokenRow } from '../data/types.ts';
import { crc32 } from '../formats/crc32.ts';
import { TARGETS } from '../model/targets.ts';
import type { Heat } from '../training/heats.ts';
import { raceChoicesSchema } from '../training/race.ts';
import { trainingSettingsSchema, WEIGHT_FORMATS } from '../training/settings.ts';
import { existing } from './fileSource.ts';
import { InputError } from './inputError.ts';
import { mappingSchema } from './mappingFlags.ts';
import { writeFiles } from './outputFiles.ts';

const RUN_FILE = 'run.json';
const layer = z.int().min(0);
const scale = { rank: z.int().min(1), alpha: z.number() };

const specSchema = z
  .object({
    ...scale,
    dropout: z.number().min(0).lt(1),
    useRslora: z.boolean(),
    targets: z.array(z.enum(TARGETS)),
    layers: z.tuple([layer, layer]).optional(),
    layerList: z.array(layer).optional(),
    modules: z.array(z.string()).optional(),
    overrides: z.array(z.tuple([z.string(), z.object(scale)])).optional(),
  })
  .transform(
    ({ modules, overrides, ...spec }): AdapterSpec => ({
      ...spec,
      ...(modules ? { modules: new Set(modules) } : {}),
      ...(overrides ? { overrides: new Map(overrides) } : {}),
    }),
  );

const runSchema = z.object({
  version: z.literal(1),
  /** Absolute paths. */
  model: z.string(),
  data: z.string(),
  initAdapter: z.string().nullable(),
  template: z.string().nullable(),
  firstRow: z.enum(FIRST_ROWS).optional(),
  mapping: mappingSchema.optional(),
  /** What a chat template that writes the date was told. */
  renderedAt: z.iso.datetime().optional(),
  /** A fraction, or the absolute path of a second file. */
  validation: z.union([z.number(), z.string()]),
  weights: z.enum(WEIGHT_FORMATS),
  /** What the adapter is; in a race, the first one's. */
  adapter: specSchema,
  race: z
    .object({
      choices: raceChoicesSchema,
      /** From which adapter to before which; each has its checkpoints in a folder of its own. */
      heats: z.array(z.tuple([z.int(), z.int()])).min(1),
    })
    .optional(),
  training: trainingSettingsSchema,
  /** After which it is over. */
  steps: z.int().optional(),
  /** CRC-32 of config.json, and of the tokens of every row. */
  modelChecksum: z.number(),
  rowsChecksum: z.number(),
});
export type SavedRun = z.infer<typeof runSchema>;

export const stateFolderOf = (out: string) => join(out, 'state');

/** Whether a run is kept there. */
export function isStateFolder(path: string): boolean {
  return existsSync(join(path, RUN_FILE));
}

/** Throws InputError where something else lies in a state folder: a new run would remove it. */
export async function refuseForeignState(stateFolder: string): Promise<void> {
  if (!existsSync(stateFolder) || isStateFolder(stateFolder)) return;
  existing(stateFolder, 'folder');
  if ((await readdir(stateFolder)).length === 0) return;
  throw new InputError(`${stateFolder}: there is something else than a run's state; choose another --out`);
}

/** Where a heat of a race keeps its checkpoints. */
export const heatFolderOf = (stateFolder: string, [from, to]: Heat) =>
  join(stateFolder, `adapters-${from + 1}-to-${to}`);

/** The state folder of an earlier run: DIR/state, or DIR itself. Throws InputError. */
export function findStateFolder(path: string): string {
  existing(path, 'folder');
  for (const folder of [stateFolderOf(path), path]) if (isStateFolder(folder)) return folder;
  throw new InputError(
    `${path}: no saved run there; expected the --out folder of an earlier run, with state/${RUN_FILE}`,
  );
}

/** Throws InputError. */
export async function readSavedRun(stateFolder: string): Promise<SavedRun> {
  const path = join(stateFolder, RUN_FILE);
  const text = await readFile(path, 'utf8');
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new InputError(`${path}: not JSON; the run cannot be resumed`);
  }
  const parsed = runSchema.safeParse(json);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new InputError(`${path}: ${issue?.path.join('.') ?? 'the file'}: ${issue?.message ?? 'not understood'}`);
}

export async function writeSavedRun(stateFolder: string, run: SavedRun): Promise<void> {
  const { modules, overrides, ...spec } = run.adapter;
  const adapter = {
    ...spec,
    ...(modules ? { modules: [...modules] } : {}),
    ...(overrides ? { overrides: [...overrides] } : {}),
  };
  const text = `${JSON.stringify({ ...run, adapter }, null, 2)}\n`;
  await writeFiles(stateFolder, [{ name: RUN_FILE, bytes: new TextEncoder().encode(text) }]);
}

export function textChecksum(text: string): number {
  return crc32(new TextEncoder().encode(text));
}

/** Of tokens and loss marks, in order. */
export function rowsChecksum(rows: readonly TokenRow[]): number {
  let crc = 0;
  for (const { ids, loss } of rows) {
    crc = crc32(new Uint8Array(ids.buffer, ids.byteOffset, ids.byteLength), crc);
    crc = crc32(loss, crc);
  }
  return crc;
}
