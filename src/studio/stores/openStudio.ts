// Starts the studio: listens to the worker, opens the device, and has the built-in model and first task ready, so that
// one click trains. Also keeps what follows from what: new model → data read again → plan made again.
import { onEvent } from '../../worker/client.ts';
import type { ModelDescription } from '../../worker/protocol/model.ts';
import { fetchParts } from '../panels/lazyPart.ts';
import { chooseTask } from './chooseData.ts';
import { changeDataOptions, loadTasks, reportDataProgress, useDataStore } from './dataStore.ts';
import { openDevice, setDevice } from './deviceStore.ts';
import { currentBudgetBytes, useFitStore } from './fitStore.ts';
import { keptRun, refreshRuns } from './libraryStore.ts';
import { loadModel, reloadModel, reportModelProgress, useModelStore } from './modelStore.ts';
import { tellPace } from './paceStore.ts';
import { isRunActive, takeEvaluation, takeRunStatus, takeSample, takeSteps, useRunStore } from './runStore.ts';
import { settingsForModel } from './settingsForModel.ts';
import {
  changeAdapter,
  changeTraining,
  forgetPlan,
  requestPlan,
  startFromNew,
  useSettingsStore,
} from './settingsStore.ts';

export function openStudio(): void {
  listen();
  follow();
  void refreshRuns();
  void tellPace();
  void prepareBuiltin().finally(fetchParts);
}

/** After a lost GPU: opens it again and puts the model back on it. */
export async function recoverDevice(): Promise<void> {
  const device = await openDevice();
  if (device.kind === 'ready') await reloadModel();
}

async function prepareBuiltin(): Promise<void> {
  const device = await openDevice();
  if (device.kind !== 'ready') return;
  const [tasks] = await Promise.all([loadTasks(), loadModel({ kind: 'builtin' })]);
  const first = tasks[0];
  if (first !== undefined && useDataStore.getState().status.kind === 'none') await chooseTask(first);
}

function listen(): void {
  // Another tab may have trained, renamed or deleted runs meanwhile.
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'visible') void refreshRuns();
  });
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
    if (status.kind !== 'ready') return forgetPlan();
    if (before.status.kind === 'ready') return;
    takeModel(status.description);
  });
  useRunStore.subscribe(({ state, hasOwnModel }, before) => {
    if (isRunActive(before.state) && !isRunActive(state)) planIfPossible();
    // A resumed run brought its own model and data to the worker: those chosen here are loaded again for the next run.
    if (state.kind !== 'none' || before.state.kind === 'none' || !before.hasOwnModel || hasOwnModel) return;
    void reloadModel();
  });
  useDataStore.subscribe(({ status }, before) => {
    if (status === before.status) return;
    if (status.kind === 'ready') planIfPossible();
    else if (status.kind !== 'reading') forgetPlan();
  });
  useFitStore.subscribe(({ ownBudgetBytes }, before) => {
    if (ownBudgetBytes !== before.ownBudgetBytes) planIfPossible();
  });
  useSettingsStore.subscribe(({ settings }, before) => {
    if (settings === before.settings) return;
    const { maxLength, seed } = settings.training;
    const isDataStale = maxLength !== before.settings.training.maxLength || seed !== before.settings.training.seed;
    if (isDataStale) rereadSoon();
    planIfPossible();
  });
}

/** The settings follow the model, and the data is read again with its tokenizer. */
function takeModel(description: ModelDescription): void {
  const { settings, startFrom } = useSettingsStore.getState();
  if (startFrom !== null && keptRun(startFrom)?.model.baseModelId !== description.baseModelId) startFromNew();
  const { adapter, training } = settingsForModel(settings, description);
  if (adapter !== settings.adapter) changeAdapter(adapter);
  if (training !== settings.training) changeTraining(training);
  void changeDataOptions({ maxLength: training.maxLength });
}

let rereadTimer: ReturnType<typeof setTimeout> | undefined;

/** Row length and seed decide how rows are cut and split: the data is read again once typing rests. */
function rereadSoon(): void {
  clearTimeout(rereadTimer);
  rereadTimer = setTimeout(() => {
    const { status } = useDataStore.getState();
    const { maxLength, seed } = useSettingsStore.getState().settings.training;
    if (status.kind === 'none') return;
    const isSame = status.options.maxLength === maxLength && status.options.seed === seed;
    if (!isSame) void changeDataOptions({ maxLength, seed });
  }, 400);
}

function planIfPossible(): void {
  if (canPlan()) requestPlan(canPlan, currentBudgetBytes);
}

function canPlan(): boolean {
  const isReady = useModelStore.getState().status.kind === 'ready' && useDataStore.getState().status.kind === 'ready';
  return isReady && !isRunActive(useRunStore.getState().state);
}
