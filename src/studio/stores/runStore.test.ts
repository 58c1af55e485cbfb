import { beforeEach, describe, expect, it } from 'vitest';
import type { EvaluationResult, RunRecord } from '../../worker/protocol/runs.ts';
import { testRun } from '../runs/testRun.ts';
import { withRun } from './libraryStore.ts';
import { MetricSeries } from './liveMetrics.ts';
import {
  isRunActive,
  selectRun,
  takeEvaluation,
  takeRunStatus,
  takeSample,
  takeSteps,
  useRunStore,
  withStep,
} from './runStore.ts';

const run = (change: Partial<RunRecord> = {}): RunRecord =>
  testRun({ id: 'a', createdAt: 1, status: 'running', step: 0, ...change });

const evaluation = (step: number, loss = 1): EvaluationResult => ({
  step,
  rows: 5,
  loss,
  perplexity: Math.exp(loss),
  tokenAccuracy: 0.5,
});

const shownRun = () => {
  const { state } = useRunStore.getState();
  return state.kind === 'shown' ? state.run : null;
};

beforeEach(() =>
  useRunStore.setState({
    state: { kind: 'none' },
    metrics: new MetricSeries(0),
    series: new Map(),
    hasSteps: false,
    hasOwnModel: false,
  }),
);

describe('the run on show', () => {
  it('is the one that was being started when its first event comes before the reply', () => {
    useRunStore.setState({ state: { kind: 'starting' } });
    takeRunStatus(run({ status: 'preparing' }));
    expect(shownRun()?.id).toBe('a');
    expect(isRunActive(useRunStore.getState().state)).toBe(true);
  });

  it('takes steps, evaluations and samples of its own only', () => {
    useRunStore.setState({ state: { kind: 'starting' } });
    takeRunStatus(run());
    const step = { step: 1, loss: 2, learningRate: 1, gradientNorm: 1, tokens: 1, targetTokens: 1, elapsedMs: 5 };
    takeSteps('other', [step]);
    takeEvaluation('other', evaluation(5));
    expect(useRunStore.getState().metrics.length).toBe(0);
    takeSteps('a', [step]);
    takeEvaluation('a', evaluation(10));
    takeEvaluation('a', evaluation(5));
    takeSample('a', { step: 5, prompt: 'p', text: 'first' });
    takeSample('a', { step: 5, prompt: 'p', text: 'again' });
    expect(useRunStore.getState().metrics.last('loss')).toBe(2);
    expect(shownRun()?.evaluations.map((one) => one.step)).toEqual([5, 10]);
    expect(shownRun()?.samples).toEqual([{ step: 5, prompt: 'p', text: 'again' }]);
  });

  it('renders nothing for a step after the first', () => {
    useRunStore.setState({ state: { kind: 'starting' } });
    takeRunStatus(run());
    const step = { loss: 2, learningRate: 1, gradientNorm: 1, tokens: 1, targetTokens: 1, elapsedMs: 5 };
    takeSteps('a', [{ step: 1, ...step }]);
    let changes = 0;
    const stop = useRunStore.subscribe(() => {
      changes += 1;
    });
    takeSteps('a', [{ step: 2, ...step }]);
    stop();
    expect(changes).toBe(0);
  });

  it('is a race where its runs are of one: each has its curve, one is chosen, all have ended when the last has', () => {
    const racer = (id: string, place: number, change: Partial<RunRecord> = {}) =>
      run({ id, race: { id: 'race', name: 'Race', adapter: id, place, size: 2 }, ...change });
    useRunStore.setState({ state: { kind: 'starting' } });
    takeRunStatus(racer('r4', 1));
    takeRunStatus(racer('r1', 0));
    takeRunStatus(run({ id: 'other' }));
    const runs = () => {
      const { state } = useRunStore.getState();
      return state.kind === 'shown' ? state.runs : [];
    };
    expect(runs().map(({ id }) => id)).toEqual(['r1', 'r4']);
    const step = { step: 1, loss: 2, learningRate: 1, gradientNorm: 1, tokens: 1, targetTokens: 1, elapsedMs: 5 };
    takeSteps('r1', [{ ...step, loss: 3 }]);
    takeSteps('r4', [step]);
    takeEvaluation('r1', evaluation(1, 7));
    selectRun('r1');
    expect(shownRun()?.evaluations[0]?.loss).toBe(7);
    expect(useRunStore.getState().metrics.last('loss')).toBe(3);
    const { state } = useRunStore.getState();
    if (state.kind === 'shown') useRunStore.setState({ state: { ...state, pending: 'pause' } });
    takeRunStatus(racer('r1', 0, { status: 'failed' }));
    expect(isRunActive(useRunStore.getState().state)).toBe(true);
    // One that leaves is no answer to the wish that all pause.
    expect(useRunStore.getState().state).toMatchObject({ pending: 'pause' });
    takeRunStatus(racer('r4', 1, { status: 'paused' }));
    expect(useRunStore.getState().state).toMatchObject({ pending: null });
    takeRunStatus(racer('r4', 1, { status: 'finished' }));
    expect(isRunActive(useRunStore.getState().state)).toBe(false);
    expect(useRunStore.getState().series.get('r4')?.last('loss')).toBe(2);
  });

  it('of a race in heats goes on after the first ones, and shows the next; a stop or a failure to go on ends it', () => {
    const racer = (id: string, place: number, heatsAfter: number, change: Partial<RunRecord> = {}) =>
      run({ id, race: { id: 'race', name: 'Race', adapter: id, place, size: 3, heatsAfter }, ...change });
    const isUnderWay = () => isRunActive(useRunStore.getState().state);
    useRunStore.setState({ state: { kind: 'starting' } });
    takeRunStatus(racer('r1', 0, 1));
    takeRunStatus(racer('r4', 1, 1));
    takeRunStatus(racer('r1', 0, 1, { status: 'failed' }));
    takeRunStatus(racer('r4', 1, 1, { status: 'finished' }));
    expect(isUnderWay()).toBe(true);
    takeRunStatus(racer('r4', 1, 0, { status: 'finished' }));
    expect(isUnderWay()).toBe(false);
    takeRunStatus(racer('r4', 1, 1, { status: 'finished' }));
    takeRunStatus(racer('r16', 2, 0));
    expect(shownRun()?.id).toBe('r16');
    expect(isUnderWay()).toBe(true);
    takeRunStatus(racer('r16', 2, 0, { status: 'finished' }));
    expect(isUnderWay()).toBe(false);
    selectRun('r1');
    expect(shownRun()?.id).toBe('r1');
  });

  it('of a race in heats that was stopped is over', () => {
    const race = { id: 'race', name: 'Race', adapter: 'r1', place: 0, size: 3, heatsAfter: 1 };
    useRunStore.setState({ state: { kind: 'starting' } });
    takeRunStatus(run({ id: 'r1', race }));
    takeRunStatus(run({ id: 'r1', race, status: 'stopped' }));
    expect(isRunActive(useRunStore.getState().state)).toBe(false);
  });

  it('is no longer active when it is finished', () => {
    useRunStore.setState({ state: { kind: 'starting' } });
    takeRunStatus(run());
    takeRunStatus(run({ status: 'finished', step: 20 }));
    expect(isRunActive(useRunStore.getState().state)).toBe(false);
    expect(shownRun()?.step).toBe(20);
  });
});

describe('lists', () => {
  it('replaces a result of the same step', () => {
    expect(withStep([evaluation(1, 3), evaluation(2, 2)], evaluation(1, 9)).map((one) => one.loss)).toEqual([9, 2]);
  });

  it('keeps the newest run first', () => {
    const runs = [run({ id: 'b', createdAt: 2 }), run()];
    expect(withRun(runs, run({ id: 'c', createdAt: 3 })).map((one) => one.id)).toEqual(['c', 'b', 'a']);
    expect(withRun(runs, run({ name: 'renamed' })).map((one) => one.name)).toEqual(['First run', 'renamed']);
  });
});
