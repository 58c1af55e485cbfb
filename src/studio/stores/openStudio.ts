// Starts the studio: listens to the worker, opens the device, and has the built-in model and first task ready, so that
// one click trains. Also keeps what follows from what: new model → data read again → plan made again.
import { onEvent } from '../../worker/client.ts';
import { chooseTask } from './chooseData.ts';
import { loadTasks, reportDataProgress, rereadData, useDataStore } from './dataStore.ts';
import { openDevice, setDevice } from './deviceStore.ts';
import { refreshRuns } from './libraryStore.ts';
import { loadModel, refreshShelf, reportModelProgress, useModelStore } from './modelStore.ts';
import { isRunActive, takeEvaluation, takeRunStatus, takeSample, takeSteps, useRunStore } from './runStore.ts';
import { forgetPlan, requestPlan, useSettingsStore } from './settingsStore.ts';

export function openStudio(): void {
  listen();
  follow();
  void refreshRuns();
  void prepareBuiltin();
}

async function prepareBuiltin(): Promise<void> {
  const device = await openDevice();
  if (device.kind !== 'ready') return;
  const [tasks] = await Promise.all([loadTasks(), refreshShelf(), loadModel({ kind: 'builtin' })]);
  const first = tasks[0];
  if (first !== undefined && useDataStore.getState().status.kind === 'none') await chooseTask(first);
}

function listen(): void {
  onEvent('device', ({ device }) => setDevice(device));
  onEvent('modelProgress', reportModelProgress);
  onEvent('dataProgress', ({ doneRows, totalRows }) => reportDataProgress(doneRows, totalRows));
  onEvent('runStatus', ({ run }) => takeRunStatus(run));
  onEvent('steps', ({ runId, steps }) => takeSteps(runId, steps));
  onEvent('evaluated', ({ runId, evaluation }) => takeEvaluation(runId, evaluation));
  onEvent('sampled', ({ runId, sample }) => takeSample(runId, sample));
}

function follow(): void {
  useModelStore.subscribe(({ status }, before) => {
    if (status.kind === 'ready' && before.status.kind !== 'ready') void rereadData();
    if (status.kind !== 'ready') forgetPlan();
  });
  useDataStore.subscribe(({ status }, before) => {
    if (status === before.status) return;
    if (status.kind === 'ready') planIfPossible();
    else if (status.kind !== 'reading') forgetPlan();
  });
  useSettingsStore.subscribe(({ settings }, before) => {
    if (settings !== before.settings) planIfPossible();
  });
}

function planIfPossible(): void {
  const isReady = useModelStore.getState().status.kind === 'ready' && useDataStore.getState().status.kind === 'ready';
  if (isReady && !isRunActive(useRunStore.getState().state)) requestPlan();
}
