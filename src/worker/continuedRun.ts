// What an exported run's train.py writes beside the adapter when it went on elsewhere: settings, results and the curve.
import { z } from 'zod';
import { type ByteSource, readText } from '../formats/byteSource.ts';
import type { MetricRow } from '../storage/runLibrary.ts';
import { adapterSettingsSchema, trainingSettingsSchema } from '../training/settings.ts';
import { WorkerError } from './failure.ts';
import type { EvaluationResult, RunRecord } from './protocol/runs.ts';

const RUN_FILE = 'rankwise.json';
const CURVE_FILE = 'metrics.jsonl';

const count = z.int().min(0);

const metricSchema = z.object({
  step: z.int().min(1),
  loss: z.number(),
  learningRate: z.number(),
  gradientNorm: z.number(),
  tokens: count,
  targetTokens: count,
  elapsedMs: z.number().min(0),
});

const evaluationSchema = z.object({
  step: count,
  rows: count,
  loss: z.number(),
  perplexity: z.number(),
  tokenAccuracy: z.number(),
});

const runSchema = z.object({
  format: z.literal('rankwise-continue-1'),
  name: z.string().min(1),
  adapter: adapterSettingsSchema,
  training: trainingSettingsSchema,
  data: z.object({ name: z.string(), template: z.string(), trainRows: count, validationRows: count }),
  start: z.object({ step: count }),
  progress: z.object({
    step: count,
    steps: count,
    elapsedMs: z.number().min(0),
    evaluations: z.array(evaluationSchema).default([]),
  }),
});

export interface ContinuedRun {
  readonly name: string;
  /** What of a run's record it decides. */
  readonly record: Pick<RunRecord, 'data' | 'settings' | 'step' | 'steps' | 'elapsedMs' | 'lastLoss' | 'message'> & {
    evaluations: EvaluationResult[];
  };
  readonly metrics: readonly MetricRow[];
}

/** Undefined where the folder of `configPath` has no such files. Throws WorkerError naming file and field. */
export async function readContinuedRun(
  files: readonly ByteSource[],
  configPath: string,
): Promise<ContinuedRun | undefined> {
  const folder = configPath.slice(0, configPath.lastIndexOf('/') + 1);
  const find = (name: string) => files.find((file) => file.name === folder + name);
  const file = find(RUN_FILE);
  if (!file) return undefined;
  const run = check(runSchema, await readText(file), RUN_FILE);
  const curve = find(CURVE_FILE);
  const lines = curve ? (await readText(curve)).split('\n') : [];
  const read = lines.flatMap((line, i) =>
    line.trim() === '' ? [] : [check(metricSchema, line, `${CURVE_FILE}: line ${i + 1}`)],
  );
  const metrics = read.sort((a, b) => a.step - b.step).filter(({ step }, i, all) => all[i + 1]?.step !== step);
  const { step, steps, elapsedMs, evaluations } = run.progress;
  const from = run.start.step;
  return {
    name: run.name,
    record: {
      message: step > from ? `Steps ${from + 1} to ${step} were trained elsewhere, with PyTorch.` : null,
      data: { ...run.data, taskId: null },
      settings: { adapter: run.adapter, training: run.training },
      step,
      steps: Math.max(steps, step),
      elapsedMs,
      lastLoss: metrics.at(-1)?.loss ?? null,
      evaluations,
    },
    metrics,
  };
}

function check<T>(schema: z.ZodType<T>, text: string, where: string): T {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new WorkerError(`${where}: not JSON; leave the file out, or take it from the run again.`);
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new WorkerError(`${where}: ${issue?.path.join('.') || 'the file'}: ${issue?.message ?? 'not understood'}.`);
}
