// What a new run is called.
import { shortFileName } from '../../../format.ts';
import { useDataStore } from '../../../stores/dataStore.ts';
import { useLibraryStore } from '../../../stores/libraryStore.ts';
import { adapterCount, useSettingsStore } from '../../../stores/settingsStore.ts';

/** `Question → SQL, r 8`, with a number where the Library has that already. It can be renamed there. */
export function runName(): string {
  const { status } = useLibraryStore.getState();
  return distinctName(
    plainName(),
    status.kind === 'ready' ? status.runs.flatMap((run) => [run.name, run.race?.name ?? '']) : [],
  );
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
  const { choices } = useSettingsStore.getState();
  const count = adapterCount(choices);
  const what = count > choices.rank.length ? `race of ${count}` : `r ${choices.rank.join(', ')}`;
  if (status.kind !== 'ready') return what;
  const { source, description } = status;
  const task = source.kind === 'builtin' ? tasks.find((known) => known.id === source.taskId) : undefined;
  return `${task?.title ?? shortFileName(description.name)}, ${what}`;
}
