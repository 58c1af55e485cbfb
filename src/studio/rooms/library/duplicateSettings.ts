// A run's settings become those of the next run, in Train; its built-in task too, where it had one.
import type { RunRecord } from '../../../worker/protocol/runs.ts';
import { openRoom } from '../../routing.ts';
import { readData, readFirstRow, useDataStore } from '../../stores/dataStore.ts';
import { isRunActive, leaveRun, useRunStore } from '../../stores/runStore.ts';
import { setSettings } from '../../stores/settingsStore.ts';

export function duplicateSettings({ settings, data }: RunRecord): void {
  if (!isRunActive(useRunStore.getState().state)) leaveRun();
  setSettings(settings);
  if (data.firstRow) void readFirstRow(data.firstRow);
  openRoom('train');
  const { status } = useDataStore.getState();
  const isThere = status.kind === 'ready' && status.source.kind === 'builtin' && status.source.taskId === data.taskId;
  if (data.taskId === null || isThere) return;
  const { maxLength, seed } = settings.training;
  void readData({ kind: 'builtin', taskId: data.taskId }, { maxLength, seed, validationFraction: 0 });
}
