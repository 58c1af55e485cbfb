// Choosing data, with the settings that go with it: a built-in task brings its own; a file starts from the standard ones
// unless they were touched.
import type { BuiltinTask } from '../../worker/protocol/data.ts';
import { readData, useDataStore } from './dataStore.ts';
import { useModelStore } from './modelStore.ts';
import { settingsForModel } from './settingsForModel.ts';
import { STANDARD_SETTINGS, setSettings, useSettingsStore } from './settingsStore.ts';
import type { RunSettings } from './settingsTypes.ts';

/** Endings of the files that a picker offers; what a file is, is told by what is in it. */
export const DATA_ENDINGS = '.txt,.csv,.tsv,.json,.jsonl,.ndjson,.parquet';

/** Share of a file's rows held out where no second file is given. */
const STANDARD_VALIDATION_FRACTION = 0.1;

/** Chooses a built-in task: its data (held-out rows included), and the settings its default run starts from. */
export async function chooseTask(task: BuiltinTask): Promise<void> {
  setSettings(task.settings);
  const { maxLength, seed } = task.settings.training;
  await readData({ kind: 'builtin', taskId: task.id }, { maxLength, seed, validationFraction: 0 });
}

export async function chooseFiles(train: File, validation?: File): Promise<void> {
  if (isAsTaskGave()) setSettings(forLoadedModel(STANDARD_SETTINGS));
  const { maxLength, seed } = useSettingsStore.getState().settings.training;
  const validationFraction = validation ? 0 : STANDARD_VALIDATION_FRACTION;
  const { firstRow } = useDataStore.getState();
  useDataStore.setState({ firstRow: null });
  await readData(
    { kind: 'files', train, ...(validation ? { validation } : {}) },
    { maxLength, seed, validationFraction, ...(firstRow ? { firstRow } : {}) },
  );
}

/** What is held out of the chosen file: another file, or else a share of its rows. It is read as it was. */
export async function chooseValidation(validation: File | undefined): Promise<void> {
  const { status } = useDataStore.getState();
  if (status.kind === 'none' || status.source.kind !== 'files') return;
  const { train } = status.source;
  const validationFraction = validation ? 0 : STANDARD_VALIDATION_FRACTION;
  const source = { kind: 'files' as const, train, ...(validation ? { validation } : {}) };
  await readData(source, { ...status.options, validationFraction });
}

/** Whether the settings are still those of a built-in task, or what the loaded model left of them. */
function isAsTaskGave(): boolean {
  const { settings: shown, startFrom } = useSettingsStore.getState();
  const now = JSON.stringify(shown);
  const { tasks } = useDataStore.getState();
  if (startFrom !== null) return false;
  return tasks.some(({ settings }) => [settings, forLoadedModel(settings)].some((s) => JSON.stringify(s) === now));
}

function forLoadedModel(settings: RunSettings): RunSettings {
  const { status } = useModelStore.getState();
  return status.kind === 'ready' ? settingsForModel(settings, status.description) : settings;
}
