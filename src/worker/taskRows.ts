// A built-in task's held-out rows, as prompts with their right answers.
import { sqlTableOf } from '../data/builtinTasks.ts';
import { parseFile } from '../data/parseFile.ts';
import { permutation } from '../data/random.ts';
import { compileTemplate } from '../data/template.ts';
import { fetchBuiltin, storedTask } from './builtinFiles.ts';
import { WorkerError } from './failure.ts';
import type { TaskExample } from './protocol/playground.ts';

/** Apart from the streams that split and order data. */
const EXAMPLES_STREAM = 0x6578_616d;

const read = new Map<string, Promise<TaskExample[]>>();

/** In file order. Throws WorkerError for an unknown task. */
export function heldOutRows(taskId: string): Promise<TaskExample[]> {
  const known = read.get(taskId);
  if (known) return known;
  const rows = readRows(taskId);
  read.set(taskId, rows);
  rows.catch(() => read.delete(taskId));
  return rows;
}

export async function taskExamples(taskId: string, count: number, seed: number): Promise<TaskExample[]> {
  const rows = await heldOutRows(taskId);
  const order = permutation(rows.length, seed, EXAMPLES_STREAM);
  return Array.from(order.subarray(0, count), (index) => rows[index]!);
}

async function readRows(taskId: string): Promise<TaskExample[]> {
  const task = await storedTask(taskId);
  const file = await fetchBuiltin(`data/${task.files.heldOut}`);
  const parsed = await parseFile({ name: task.files.heldOut, arrayBuffer: () => file.arrayBuffer() });
  const render = compileTemplate(task.template, parsed.columns, {
    kind: 'pairs',
    context: 'context',
    target: 'target',
  });
  return parsed.rows.map(({ values, line }): TaskExample => {
    const { target } = values;
    if (typeof target !== 'string') throw new WorkerError(`${parsed.name}: line ${line} has no target`);
    return { prompt: render(values), target, table: sqlTableOf(values) ?? null };
  });
}
