// The run on show in Train: started, resumed or left from before. Its curves are in `liveMetrics`, outside React.
import { create } from 'zustand';
import { CallError, call } from '../../worker/client.ts';
import type { EvaluationResult, RunRecord, RunStatus, SampleResult, StepMetrics } from '../../worker/protocol.ts';
import { putRun } from './libraryStore.ts';
import { MetricSeries } from './liveMetrics.ts';
import { messageOf } from './messageOf.ts';
import { useSettingsStore } from './settingsStore.ts';

export type RunState =
  | { kind: 'none' }
  | { kind: 'starting' }
  | {
      kind: 'shown';
      run: RunRecord;
      /** The worker has it open: it trains, or is paused with everything in place. */
      isOpen: boolean;
      /** What was asked and not yet answered. */
      pending: 'pause' | 'resume' | 'stop' | null;
      /** Why the last such wish failed. */
      message: string | null;
    }
  | { kind: 'failed'; message: string; canFit: boolean };

interface RunStore {
  state: RunState;
  /** Replaced when another run comes on show; filled without a render. */
  metrics: MetricSeries;
  /** The first step is done: before it, the untrained model is measured. */
  hasSteps: boolean;
  /** The run was resumed, and brought its model and data with it. */
  hasOwnModel: boolean;
}

export const useRunStore = create<RunStore>()(() => ({
  state: { kind: 'none' },
  metrics: new MetricSeries(0),
  hasSteps: false,
  hasOwnModel: false,
}));

/** Preparing, training or paused. */
export function isActive(status: RunStatus): boolean {
  return status === 'preparing' || status === 'running' || status === 'paused';
}

/** Model, data and settings are bound to the run on show. */
export function isRunActive(state: RunState): boolean {
  return state.kind === 'starting' || (state.kind === 'shown' && state.isOpen && isActive(state.run.status));
}

export async function startRun(name: string, samplePrompts: string[]): Promise<void> {
  useRunStore.setState({ state: { kind: 'starting' }, metrics: new MetricSeries(0) });
  try {
    const { settings, startFrom } = useSettingsStore.getState();
    const start = startFrom === null ? {} : { initAdapterRunId: startFrom };
    const run = await call('startRun', { name, settings, samplePrompts, ...start });
    // Its first events may have come before this reply.
    const { state } = useRunStore.getState();
    if (state.kind === 'shown' && state.run.id === run.id) return;
    showRun(run, true);
  } catch (error) {
    const canFit = error instanceof CallError && error.canFit;
    useRunStore.setState({ state: { kind: 'failed', message: messageOf(error), canFit } });
  }
}

export const pauseRun = () => ask('pause', (runId) => call('pauseRun', { runId }));
export const stopRun = () => ask('stop', (runId) => call('stopRun', { runId }));
export const resumeShownRun = () => ask('resume', (runId) => call('resumeRun', { runId }));

/** Puts a kept run on show with its curves, and goes on with it. */
export async function resumeRun(run: RunRecord): Promise<void> {
  await openRun(run);
  useRunStore.setState({ hasOwnModel: true });
  await resumeShownRun();
}

/** Puts a kept run on show with its curves. */
async function openRun(run: RunRecord): Promise<void> {
  showRun(run, false);
  const { metrics } = useRunStore.getState();
  try {
    metrics.append(await call('readMetrics', { runId: run.id }));
  } catch (error) {
    useRunStore.setState({ state: { kind: 'shown', run, isOpen: false, pending: null, message: messageOf(error) } });
  }
}

/** Clears the show for the next run. The run itself stays in the Library. */
export function leaveRun(): void {
  useRunStore.setState({ state: { kind: 'none' }, metrics: new MetricSeries(0), hasOwnModel: false });
}

export function takeRunStatus(run: RunRecord): void {
  putRun(run);
  const { state } = useRunStore.getState();
  if (state.kind === 'starting') showRun(run, true);
  else if (state.kind === 'shown' && state.run.id === run.id) {
    const isOpen = state.isOpen || run.status === 'preparing' || run.status === 'running';
    useRunStore.setState({ state: { kind: 'shown', run, isOpen, pending: null, message: null } });
  }
}

export function takeSteps(runId: string, steps: readonly StepMetrics[]): void {
  const { state, metrics, hasSteps } = useRunStore.getState();
  if (state.kind !== 'shown' || state.run.id !== runId) return;
  metrics.append(steps);
  if (!hasSteps) useRunStore.setState({ hasSteps: true });
}

export function takeEvaluation(runId: string, evaluation: EvaluationResult): void {
  changeRun(runId, (run) => ({ ...run, evaluations: withStep(run.evaluations, evaluation) }));
}

export function takeSample(runId: string, sample: SampleResult): void {
  changeRun(runId, (run) => {
    const others = run.samples.filter((known) => known.step !== sample.step || known.prompt !== sample.prompt);
    return { ...run, samples: [...others, sample] };
  });
}

/** `results` with `result` in its place by step, an older one of that step replaced. */
export function withStep<T extends { step: number }>(results: readonly T[], result: T): T[] {
  return [...results.filter((known) => known.step !== result.step), result].sort((a, b) => a.step - b.step);
}

function showRun(run: RunRecord, isOpen: boolean): void {
  putRun(run);
  useRunStore.setState({
    state: { kind: 'shown', run, isOpen, pending: null, message: null },
    metrics: new MetricSeries(run.steps),
    hasSteps: run.step > 0,
  });
}

function changeRun(runId: string, change: (run: RunRecord) => RunRecord): void {
  const { state } = useRunStore.getState();
  if (state.kind !== 'shown' || state.run.id !== runId) return;
  useRunStore.setState({ state: { ...state, run: change(state.run) } });
}

async function ask(pending: 'pause' | 'resume' | 'stop', send: (runId: string) => Promise<RunRecord>): Promise<void> {
  const { state } = useRunStore.getState();
  if (state.kind !== 'shown') return;
  const { id } = state.run;
  useRunStore.setState({ state: { ...state, pending, message: null } });
  try {
    takeRunStatus(await send(id));
  } catch (error) {
    const now = useRunStore.getState().state;
    if (now.kind === 'shown' && now.run.id === id) {
      useRunStore.setState({ state: { ...now, pending: null, message: messageOf(error) } });
    }
  }
}
