// What the site itself serves under builtin/: the small model and its data sets.
import { parseBuiltinTasks, type BuiltinTask as StoredTask } from '../data/builtinTasks.ts';
import { compileTemplate } from '../data/template.ts';
import type { Target } from '../model/targets.ts';
import { DEFAULT_RUN_SETTINGS, type RunSettings } from '../training/settings.ts';
import { WorkerError } from './failure.ts';
import type { BuiltinTask } from './protocol/data.ts';

/** The worker's script lies in assets/ once built, anywhere while developing. */
const ROOT = new URL(import.meta.env.DEV ? '/builtin/' : '../builtin/', self.location.href);

export const BUILTIN_MODEL_FILES = [
  'config.json',
  'generation_config.json',
  'model.safetensors',
  'tokenizer.json',
  'tokenizer_config.json',
] as const;

/** What was fetched stays while the page is open, which then goes on without its server. */
const fetched = new Map<string, Blob>();

/** A file below builtin/. Throws WorkerError when the site does not answer. */
export async function fetchBuiltin(path: string, signal?: AbortSignal): Promise<Blob> {
  const known = fetched.get(path);
  if (known) return known;
  try {
    const response = await fetch(new URL(path, ROOT), { signal });
    if (!response.ok) throw new WorkerError(`builtin/${path}: the site answered ${response.status}; reload the page.`);
    const file = await response.blob();
    fetched.set(path, file);
    return file;
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new WorkerError(`builtin/${path}: the site cannot be reached; check the connection and try again.`);
  }
}

let tasks: Promise<StoredTask[]> | undefined;

export function storedTasks(): Promise<StoredTask[]> {
  tasks ??= fetchBuiltin('data/index.json')
    .then(async (file) => parseBuiltinTasks(JSON.parse(await file.text())))
    .catch((error: unknown) => {
      tasks = undefined;
      throw error;
    });
  return tasks;
}

/** Throws WorkerError for a task that does not exist. */
export async function storedTask(taskId: string): Promise<StoredTask> {
  const found = (await storedTasks()).find(({ id }) => id === taskId);
  if (found) return found;
  throw new WorkerError(`There is no built-in task ${taskId}.`);
}

export async function listTasks(): Promise<BuiltinTask[]> {
  return (await storedTasks()).map((task) => ({
    id: task.id,
    title: task.title,
    description: `${task.sentence} ${task.baseDoes}`,
    metric: task.metric,
    settings: runSettings(task),
    samplePrompts: task.samplePrompts.map(promptOf(task)),
  }));
}

/** Renders a context as the task's rows are rendered. */
function promptOf({ template }: StoredTask): (context: string) => string {
  const render = compileTemplate(template, ['context', 'target'], {
    kind: 'pairs',
    context: 'context',
    target: 'target',
  });
  return (context) => render({ context });
}

const TARGET_OF: Readonly<Record<string, Target>> = {
  q_proj: 'q',
  k_proj: 'k',
  v_proj: 'v',
  o_proj: 'o',
  gate_proj: 'gate',
  up_proj: 'up',
  down_proj: 'down',
};

/** The task's own default run. */
function runSettings({ settings: s }: StoredTask): RunSettings {
  const standard = DEFAULT_RUN_SETTINGS;
  return {
    adapter: {
      rank: s.rank,
      alpha: s.alpha,
      dropout: s.dropout,
      useRslora: false,
      targets: s.targets.flatMap((name) => TARGET_OF[name] ?? []),
    },
    training: {
      ...standard.training,
      optimizer: s.optimizer === 'sgd' ? { kind: 'sgd', momentum: 0 } : standard.training.optimizer,
      learningRate: s.learningRate,
      weightDecay: s.weightDecay,
      schedule: s.schedule,
      warmupSteps: s.warmupSteps,
      clip: s.clip,
      batchSize: s.batch,
      accumulate: s.accumulate,
      length: { kind: 'steps', steps: s.steps },
      maxLength: s.maxLength,
    },
  };
}
