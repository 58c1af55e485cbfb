// The run on show in Train: started, resumed or left from before. Its curves are in `liveMetrics`, outside React.
import { create } from 'zustand';
import { CallError, call } from '../../worker/client.ts';
import type { EvaluationResult, RunRecord, RunStatus, SampleResult, StepMetrics } from '../../worker/protocol/runs.ts';
import { putRun, useLibraryStore } from './libraryStore.ts';
import { MetricSeries } from './liveMetrics.ts';
import { messageOf } from './messageOf.ts';
import { useSettingsStore } from './settingsStore.ts';

export type RunState =
  | { kind: 'none' }
  | { kind: 'starting' }
  | {
      kind: 'shown';
      /** Whose numbers and samples are on show. */
      run: RunRecord;
      /** All runs of its race in order; itself where there is none. */
      runs: RunRecord[];
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
  /** The shown run's. Replaced when another run comes on show; filled without a render. */
  metrics: MetricSeries;
  /** Of every run of the race on show, by id. */
  series: ReadonlyMap<string, MetricSeries>;
  /** The first step is done: before it, the untrained model is measured. */
  hasSteps: boolean;
  /** The run was resumed, and brought its model and data with it. */
  hasOwnModel: boolean;
}

export const useRunStore = create<RunStore>()(() => ({
  state: { kind: 'none' },
  metrics: new MetricSeries(0),
  series: new Map(),
  hasSteps: false,
  hasOwnModel: false,
}));

/** Preparing, training or paused. */
export function isActive(status: RunStatus): boolean {
  return status === 'preparing' || status === 'running' || status === 'paused';
}

/** Model, data and settings are bound to the run on show. */
export function isRunActive(state: RunState): boolean {
  if (state.kind !== 'shown') return state.kind === 'starting';
  return state.isOpen && (state.runs.some(({ status }) => isActive(status)) || isBetweenHeats(state));
}

/** All adapters that were trained so far are through, and the next of their race are about to start. */
export function isBetweenHeats({ isOpen, runs }: Extract<RunState, { kind: 'shown' }>): boolean {
  if (!isOpen || runs.some(({ status }) => isActive(status))) return false;
  const after = runs.map(({ race }) => race?.heatsAfter ?? 0);
  const ended = runs.filter((_, i) => after[i] === Math.min(...after));
  const isThrough =
    ended.some(({ status }) => status === 'finished') || ended.every(({ status }) => status === 'failed');
  return Math.min(...after) > 0 && isThrough;
}

/** The run that the buttons are about: one that trains or waits, if any does, else the one on show. */
export function leadRun({ run, runs }: Extract<RunState, { kind: 'shown' }>): RunRecord {
  return runs.find(({ status }) => isActive(status)) ?? run;
}

export async function startRun(name: string, samplePrompts: string[], budgetBytes: number): Promise<void> {
  useRunStore.setState({ state: { kind: 'starting' }, metrics: new MetricSeries(0), series: new Map() });
  try {
    const { settings, choices, startFrom } = useSettingsStore.getState();
    const start = startFrom === null ? {} : { initAdapterRunId: startFrom };
    const runs = await call('startRun', { name, settings, choices, samplePrompts, budgetBytes, ...start });
    // Their first events may have come before this reply.
    const { state } = useRunStore.getState();
    if (state.kind === 'shown' && runs.some(({ id }) => id === state.run.id)) return;
    showRuns(runs, true);
  } catch (error) {
    const canFit = error instanceof CallError && error.canFit;
    useRunStore.setState({ state: { kind: 'failed', message: messageOf(error), canFit } });
  }
}

export const pauseRun = () => ask('pause', (runId) => call('pauseRun', { runId }));
export const stopRun = () => ask('stop', (runId) => call('stopRun', { runId }));
export const resumeShownRun = () => ask('resume', (runId) => call('resumeRun', { runId }));

/** Takes one adapter out of the race on show. */
export async function dropRun(runId: string): Promise<void> {
  try {
    takeRunStatus(await call('dropRun', { runId }));
  } catch (error) {
    const { state } = useRunStore.getState();
    if (state.kind === 'shown') useRunStore.setState({ state: { ...state, message: messageOf(error) } });
  }
}

/** Puts another run of the race on show. */
export function selectRun(runId: string): void {
  const { state, series } = useRunStore.getState();
  const run = state.kind === 'shown' ? state.runs.find(({ id }) => id === runId) : undefined;
  if (state.kind !== 'shown' || !run) return;
  useRunStore.setState({ state: { ...state, run }, metrics: series.get(runId) ?? new MetricSeries(run.steps) });
}

/** Puts a kept run on show with its curves, and goes on with it. */
export async function resumeRun(run: RunRecord): Promise<void> {
  await openRun(run);
  useRunStore.setState({ hasOwnModel: true });
  await resumeShownRun();
}

/** Puts a run that has finished on show with its curves, and goes on with it to a later last step. */
export async function trainFurther(run: RunRecord, steps: number): Promise<void> {
  await openRun(run);
  useRunStore.setState({ hasOwnModel: true });
  await ask('resume', (runId) => call('resumeRun', { runId, steps }));
}

/** Puts a kept run, or all of its race, on show with the curves. */
async function openRun(run: RunRecord): Promise<void> {
  const runs = raceOf(run);
  showRuns(runs, false);
  selectRun(run.id);
  const { series } = useRunStore.getState();
  try {
    for (const { id } of runs) series.get(id)?.append(await call('readMetrics', { runId: id }));
  } catch (error) {
    const state = { kind: 'shown', run, runs, isOpen: false, pending: null, message: messageOf(error) } as const;
    useRunStore.setState({ state });
  }
}

/** The kept runs of this run's race in order, or itself. */
function raceOf(run: RunRecord): RunRecord[] {
  const { status } = useLibraryStore.getState();
  if (!run.race || status.kind !== 'ready') return [run];
  const { id } = run.race;
  const others = status.runs.filter((known) => known.race?.id === id && known.id !== run.id);
  return inOrder([...others, run]);
}

const inOrder = (runs: readonly RunRecord[]) => [...runs].sort((a, b) => (a.race?.place ?? 0) - (b.race?.place ?? 0));

/** Clears the show for the next run. The run itself stays in the Library. */
export function leaveRun(): void {
  useRunStore.setState({
    state: { kind: 'none' },
    metrics: new MetricSeries(0),
    series: new Map(),
    hasOwnModel: false,
  });
}

export function takeRunStatus(run: RunRecord): void {
  putRun(run);
  const { state } = useRunStore.getState();
  if (state.kind === 'starting') showRuns([run], true);
  else if (state.kind === 'shown' && isOnShow(state, run)) {
    const isOpen = state.isOpen || run.status === 'preparing' || run.status === 'running';
    const runs = inOrder([...state.runs.filter(({ id }) => id !== run.id), run]);
    const isNext = !state.runs.some(({ id }) => id === run.id) && !state.runs.some(({ status }) => isActive(status));
    const shown = isNext || state.run.id === run.id ? run : state.run;
    const next = { ...state, run: shown, runs, isOpen };
    const hasSettled = leadRun(next).status !== leadRun(state).status;
    useRunStore.setState({ state: hasSettled ? { ...next, pending: null, message: null } : next });
    addSeries(run);
    if (isNext) selectRun(run.id);
  }
}

function isOnShow({ run: shown }: Extract<RunState, { kind: 'shown' }>, run: RunRecord): boolean {
  return shown.id === run.id || (run.race !== undefined && shown.race?.id === run.race.id);
}

function addSeries(run: RunRecord): void {
  const { series } = useRunStore.getState();
  if (!series.has(run.id)) useRunStore.setState({ series: new Map(series).set(run.id, new MetricSeries(run.steps)) });
}

export function takeSteps(runId: string, steps: readonly StepMetrics[]): void {
  const { series, hasSteps } = useRunStore.getState();
  const metrics = series.get(runId);
  if (!metrics) return;
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

function showRuns(runs: RunRecord[], isOpen: boolean): void {
  const [run] = runs;
  if (!run) return;
  for (const one of runs) putRun(one);
  const series = new Map(runs.map(({ id, steps }) => [id, new MetricSeries(steps)]));
  useRunStore.setState({
    state: { kind: 'shown', run, runs, isOpen, pending: null, message: null },
    metrics: series.get(run.id) ?? new MetricSeries(0),
    series,
    hasSteps: runs.some(({ step }) => step > 0),
  });
}

function changeRun(runId: string, change: (run: RunRecord) => RunRecord): void {
  const { state } = useRunStore.getState();
  if (state.kind !== 'shown' || !state.runs.some(({ id }) => id === runId)) return;
  const changed = (run: RunRecord) => (run.id === runId ? change(run) : run);
  useRunStore.setState({ state: { ...state, run: changed(state.run), runs: state.runs.map(changed) } });
}

async function ask(pending: 'pause' | 'resume' | 'stop', send: (runId: string) => Promise<RunRecord>): Promise<void> {
  const { state } = useRunStore.getState();
  if (state.kind !== 'shown') return;
  const { id } = leadRun(state);
  useRunStore.setState({ state: { ...state, pending, message: null } });
  try {
    takeRunStatus(await send(id));
    const now = useRunStore.getState().state;
    if (now.kind === 'shown' && now.pending === pending) {
      useRunStore.setState({ state: { ...now, pending: null } });
    }
  } catch (error) {
    const now = useRunStore.getState().state;
    if (now.kind === 'shown' && now.runs.some((run) => run.id === id)) {
      useRunStore.setState({ state: { ...now, pending: null, message: messageOf(error) } });
    }
  }
}
