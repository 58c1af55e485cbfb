// The built-in data sets: what public/builtin/data/index.json says of each.
import { z } from 'zod';
import { DataError } from './types.ts';

const count = z.int().min(1);

const settingsSchema = z.object({
  targets: z.array(z.string()).min(1),
  rank: count,
  alpha: z.number().positive(),
  dropout: z.number().min(0).max(1),
  optimizer: z.enum(['adamw', 'sgd']),
  learningRate: z.number().positive(),
  weightDecay: z.number().min(0),
  schedule: z.enum(['constant', 'linear', 'cosine']),
  warmupSteps: z.int().min(0),
  /** 0: off. */
  clip: z.number().min(0),
  batch: count,
  accumulate: count,
  maxLength: count,
  /** Steps of the default run. */
  steps: count,
});

const taskSchema = z.object({
  id: z.string(),
  title: z.string(),
  /** executes: the SQL gives the same answer when run; exact: the text is the same. */
  metric: z.enum(['executes', 'exact']),
  /** What the model is to do. */
  sentence: z.string(),
  /** What the base does before training. */
  baseDoes: z.string(),
  /** Names beside index.json. */
  files: z.object({ training: z.string(), heldOut: z.string() }),
  rows: z.object({ training: count, heldOut: count }),
  template: z.string(),
  settings: settingsSchema,
  samplePrompts: z.array(z.string()).min(1),
});

const indexSchema = z.object({ tasks: z.array(taskSchema).min(1) });

export type BuiltinTask = z.infer<typeof taskSchema>;

/** Reads the parsed index.json. Throws DataError naming the field that is not as it should be. */
export function parseBuiltinTasks(json: unknown): BuiltinTask[] {
  const parsed = indexSchema.safeParse(json);
  if (parsed.success) return parsed.data.tasks;
  const issue = parsed.error.issues[0];
  throw new DataError(`builtin/data/index.json: ${issue?.path.join('.')}: ${issue?.message}`);
}

const tableSchema = z.object({
  columns: z.array(z.string()),
  rows: z.array(z.array(z.union([z.string(), z.number(), z.null()]))),
});

export type SqlTable = z.infer<typeof tableSchema>;

/** The table that an SQL row's query runs on (its `table` column); undefined for rows without one. */
export function sqlTableOf(values: Record<string, unknown>): SqlTable | undefined {
  return tableSchema.safeParse(values.table).data;
}
