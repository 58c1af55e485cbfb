// Choosing data, with the settings that go with it: a built-in task brings its own; a file starts from the standard ones
// unless they were touched.
import type { BuiltinTask } from '../../worker/protocol.ts';
import { readData, useDataStore } from './dataStore.ts';
import { useModelStore } from './modelStore.ts';
import { STANDARD_SETTINGS, setSettings, useSettingsStore } from './settingsStore.ts';

/** Share of a file's rows held out where no second file is given. */
const STANDARD_VALIDATION_FRACTION = 0.1;

/** Chooses a built-in task: its data (held-out rows included), and the settings its default run starts from. */
export async function chooseTask(task: BuiltinTask): Promise<void> {
  setSettings(task.settings);
  const { maxLength, seed } = task.settings.training;
  await readData({ kind: 'builtin', taskId: task.id }, { maxLength, seed, validationFraction: 0 });
}

export async function chooseFiles(train: File, validation?: File): Promise<void> {
  const isUntouched = useDataStore
    .getState()
    .tasks.some(({ settings }) => settings === useSettingsStore.getState().settings);
  if (isUntouched) setSettings(settingsForFile());
  const { maxLength, seed } = useSettingsStore.getState().settings.training;
  const validationFraction = validation ? 0 : STANDARD_VALIDATION_FRACTION;
  await readData(
    { kind: 'files', train, ...(validation ? { validation } : {}) },
    { maxLength, seed, validationFraction },
  );
}

/** The standard settings, with rows no longer than the model's positions. */
function settingsForFile() {
  const { status } = useModelStore.getState();
  const { training } = STANDARD_SETTINGS;
  const longest = status.kind === 'ready' ? status.description.maxPositions : training.maxLength;
  return { ...STANDARD_SETTINGS, training: { ...training, maxLength: Math.min(training.maxLength, longest) } };
}
