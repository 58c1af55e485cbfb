// The fixed prompts that a run answers as it learns.
import { call } from '../../worker/client.ts';
import type { DataDescription, PreviewRow } from '../../worker/protocol/data.ts';
import { useDataStore } from './dataStore.ts';

/** Rows of one's own data whose contexts serve as fixed prompts. */
const SAMPLE_ROWS = 2;

const known = new WeakMap<DataDescription, Promise<string[]>>();

/** A built-in task's own prompts, or the contexts of the first rows. */
export async function samplePrompts(): Promise<string[]> {
  const { status, tasks } = useDataStore.getState();
  if (status.kind !== 'ready') return [];
  const { source, description } = status;
  if (source.kind === 'builtin') return tasks.find((task) => task.id === source.taskId)?.samplePrompts ?? [];
  const prompts = known.get(description) ?? firstContexts(description.prompt.kind === 'template');
  known.set(description, prompts);
  return prompts;
}

async function firstContexts(isTemplate: boolean): Promise<string[]> {
  const rows = await call('previewRows', { from: 0, count: SAMPLE_ROWS });
  return rows.map((row) => contextOf(row, isTemplate)).filter((context) => context.length > 0);
}

/** A row's context as text. Under a template, a leading special token is the tokenizer's own, which adds it again. */
export function contextOf(row: PreviewRow, isTemplate: boolean): string {
  const texts = row.tokens.filter((token) => !token.isTarget).map((token) => token.text);
  const hasOwnStart = isTemplate && /^<[^<>]+>$/.test(texts[0] ?? '');
  return texts.slice(hasOwnStart ? 1 : 0).join('');
}
