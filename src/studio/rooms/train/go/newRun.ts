// What a new run is called and which prompts it answers as it learns.
import { call } from '../../../../worker/client.ts';
import type { PreviewRow } from '../../../../worker/protocol.ts';
import { useDataStore } from '../../../stores/dataStore.ts';
import { useLibraryStore } from '../../../stores/libraryStore.ts';
import { useSettingsStore } from '../../../stores/settingsStore.ts';

/** Rows of one's own data whose contexts serve as fixed prompts. */
const SAMPLE_ROWS = 2;

/** `Question → SQL, r 8`, with a number where the Library has that already. It can be renamed there. */
export function runName(): string {
  const { status } = useLibraryStore.getState();
  return distinctName(plainName(), status.kind === 'ready' ? status.runs.map((run) => run.name) : []);
}

export function distinctName(name: string, taken: readonly string[]): string {
  let number = 1;
  let candidate = name;
  while (taken.includes(candidate)) {
    number += 1;
    candidate = `${name} (${number})`;
  }
  return candidate;
}

function plainName(): string {
  const { status, tasks } = useDataStore.getState();
  const { rank } = useSettingsStore.getState().settings.adapter;
  if (status.kind !== 'ready') return `r ${rank}`;
  const { source, description } = status;
  const task = source.kind === 'builtin' ? tasks.find((known) => known.id === source.taskId) : undefined;
  return `${task?.title ?? description.name}, r ${rank}`;
}

/** A built-in task's own prompts, or the contexts of the first rows. */
export async function samplePrompts(): Promise<string[]> {
  const { status, tasks } = useDataStore.getState();
  if (status.kind !== 'ready') return [];
  const { source } = status;
  if (source.kind === 'builtin') return tasks.find((known) => known.id === source.taskId)?.samplePrompts ?? [];
  const rows = await call('previewRows', { from: 0, count: SAMPLE_ROWS });
  const isTemplate = status.description.prompt.kind === 'template';
  return rows.map((row) => contextOf(row, isTemplate)).filter((context) => context.length > 0);
}

/** A row's context as text. Under a template, a leading special token is the tokenizer's own, which adds it again. */
export function contextOf(row: PreviewRow, isTemplate: boolean): string {
  const texts = row.tokens.filter((token) => !token.isTarget).map((token) => token.text);
  const hasOwnStart = isTemplate && /^<[^<>]+>$/.test(texts[0] ?? '');
  return texts.slice(hasOwnStart ? 1 : 0).join('');
}
