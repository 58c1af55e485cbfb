// What the next run will be: its settings, and the plan that the worker makes of them.
import { create } from 'zustand';
import { call } from '../../worker/client.ts';
import type { RacePlan, RunRecord } from '../../worker/protocol/runs.ts';
import { messageOf } from './messageOf.ts';
import { samplePrompts } from './samplePrompts.ts';
import type { AdapterSettings, RaceChoices, RunSettings, TrainingSettings } from './settingsTypes.ts';

export type PlanStatus =
  | { kind: 'none' }
  /** `previous` stays on show while the next is worked out. */
  | { kind: 'planning'; previous: RacePlan | null }
  | { kind: 'ready'; plan: RacePlan }
  | { kind: 'failed'; message: string };

/** What a file of one's own starts from; a built-in task brings its own. */
export const STANDARD_SETTINGS: RunSettings = {
  adapter: { rank: 8, alpha: 16, dropout: 0, useRslora: false, targets: ['q', 'v'] },
  training: {
    optimizer: { kind: 'adamw', beta1: 0.9, beta2: 0.999, eps: 1e-8 },
    learningRate: 2e-4,
    weightDecay: 0,
    schedule: 'constant',
    warmupSteps: 0,
    clip: 1,
    batchSize: 8,
    accumulate: 1,
    length: { kind: 'steps', steps: 200 },
    maxLength: 512,
    shuffle: true,
    seed: 42,
    checkpointing: false,
    evaluateEvery: 50,
    saveEvery: 50,
  },
};

interface SettingsStore {
  settings: RunSettings;
  /** One value each, or several that race; the first of each is the one in `settings`. */
  choices: RaceChoices;
  /** The kept run whose adapter the next run trains on; null starts from a new one. */
  startFrom: string | null;
  plan: PlanStatus;
}

export const useSettingsStore = create<SettingsStore>()(() => ({
  settings: STANDARD_SETTINGS,
  choices: choicesOf(STANDARD_SETTINGS),
  startFrom: null,
  plan: { kind: 'none' },
}));

export function setSettings(settings: RunSettings): void {
  useSettingsStore.setState({ settings, choices: choicesOf(settings), startFrom: null });
}

/** Trains on from a kept adapter, which brings its own shape. */
export function startFromRun(run: RunRecord): void {
  const settings = { ...useSettingsStore.getState().settings, adapter: run.settings.adapter };
  useSettingsStore.setState({ settings, choices: choicesOf(settings), startFrom: run.id });
}

export function startFromNew(): void {
  useSettingsStore.setState({ startFrom: null });
}

/** Another shape is another adapter: only dropout may change while training on from a kept one. */
export function changeAdapter(change: Partial<AdapterSettings>): void {
  const { settings, choices, startFrom } = useSettingsStore.getState();
  const isSameShape = Object.keys(change).every((name) => name === 'dropout');
  const { rank, alpha, targets, dropout } = change;
  useSettingsStore.setState({
    settings: { ...settings, adapter: { ...settings.adapter, ...change } },
    choices: {
      ...choices,
      ...(targets === undefined ? {} : { sharesRank: false }),
      ...(rank === undefined ? {} : { rank: [rank] }),
      ...(alpha === undefined ? {} : { alpha: [alpha] }),
      ...(targets === undefined ? {} : { targets: [targets] }),
      ...(dropout === undefined ? {} : { dropout: [dropout] }),
    },
    startFrom: isSameShape ? startFrom : null,
  });
}

export function changeTraining(change: Partial<TrainingSettings>): void {
  const { settings, choices } = useSettingsStore.getState();
  const { learningRate } = change;
  useSettingsStore.setState({
    settings: { ...settings, training: { ...settings.training, ...change } },
    choices: learningRate === undefined ? choices : { ...choices, learningRate: [learningRate] },
  });
}

/** Several values race, each list at least one. A race starts from new adapters. */
export function changeChoices(change: Partial<RaceChoices>): void {
  const { settings, choices: before, startFrom } = useSettingsStore.getState();
  const asked = { ...before, ...change };
  const choices = { ...asked, sharesRank: asked.sharesRank && asked.targets.length > 1 };
  const [rank, alpha, targets, dropout, learningRate] = [
    choices.rank[0],
    choices.alpha[0],
    choices.targets[0],
    choices.dropout[0],
    choices.learningRate[0],
  ];
  if (rank === undefined || alpha === undefined || targets === undefined) return;
  if (dropout === undefined || learningRate === undefined) return;
  const isOnlyDropout = Object.keys(change).every((name) => name === 'dropout' || name === 'learningRate');
  useSettingsStore.setState({
    settings: {
      adapter: { ...settings.adapter, rank, alpha, targets, dropout },
      training: { ...settings.training, learningRate },
    },
    choices,
    startFrom: isOnlyDropout && adapterCount(choices) === 1 ? startFrom : null,
  });
}

/** How many adapters the choices make. */
export function adapterCount({ rank, alpha, targets, dropout, learningRate }: RaceChoices): number {
  return rank.length * alpha.length * targets.length * dropout.length * learningRate.length;
}

function choicesOf({ adapter, training }: RunSettings): RaceChoices {
  const { rank, alpha, targets, dropout } = adapter;
  return {
    rank: [rank],
    alpha: [alpha],
    targets: [targets],
    dropout: [dropout],
    learningRate: [training.learningRate],
    sharesRank: false,
  };
}

/** The plan on show, a moment old while the next is worked out. */
export function shownPlan(status: PlanStatus): RacePlan | null {
  if (status.kind === 'ready') return status.plan;
  return status.kind === 'planning' ? status.previous : null;
}

let lastRequest = 0;
let timer: ReturnType<typeof setTimeout> | undefined;

/** A burst of changes asks once. */
const PLAN_DELAY_MS = 120;

/** Asks the worker what the current settings take within this memory, unless by then `canPlan` says that model or data are not there. */
export function requestPlan(canPlan: () => boolean, budgetBytes: () => number): void {
  clearTimeout(timer);
  const { plan } = useSettingsStore.getState();
  useSettingsStore.setState({ plan: { kind: 'planning', previous: shownPlan(plan) } });
  timer = setTimeout(() => {
    if (canPlan()) void makePlan(budgetBytes());
  }, PLAN_DELAY_MS);
}

export function forgetPlan(): void {
  clearTimeout(timer);
  lastRequest += 1;
  useSettingsStore.setState({ plan: { kind: 'none' } });
}

async function makePlan(budgetBytes: number): Promise<void> {
  const request = ++lastRequest;
  const settle = (plan: PlanStatus) => {
    if (request === lastRequest) useSettingsStore.setState({ plan });
  };
  try {
    const prompts = await samplePrompts();
    const { settings, choices } = useSettingsStore.getState();
    const plan = await call('planRun', { settings, choices, samplePrompts: prompts, budgetBytes });
    settle({ kind: 'ready', plan });
  } catch (error) {
    settle({ kind: 'failed', message: messageOf(error) });
  }
}
