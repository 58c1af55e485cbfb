// What the next run will be: its settings, and the plan that the worker makes of them.
import { create } from 'zustand';
import { call } from '../../worker/client.ts';
import type { RunPlan, RunRecord } from '../../worker/protocol.ts';
import { messageOf } from './messageOf.ts';
import { samplePrompts } from './samplePrompts.ts';
import type { AdapterSettings, RunSettings, TrainingSettings } from './settingsTypes.ts';

export type PlanStatus =
  | { kind: 'none' }
  /** `previous` stays on show while the next is worked out. */
  | { kind: 'planning'; previous: RunPlan | null }
  | { kind: 'ready'; plan: RunPlan }
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
  /** The kept run whose adapter the next run trains on; null starts from a new one. */
  startFrom: string | null;
  plan: PlanStatus;
}

export const useSettingsStore = create<SettingsStore>()(() => ({
  settings: STANDARD_SETTINGS,
  startFrom: null,
  plan: { kind: 'none' },
}));

export function setSettings(settings: RunSettings): void {
  useSettingsStore.setState({ settings, startFrom: null });
}

/** Trains on from a kept adapter, which brings its own shape. */
export function startFromRun(run: RunRecord): void {
  const { settings } = useSettingsStore.getState();
  useSettingsStore.setState({ settings: { ...settings, adapter: run.settings.adapter }, startFrom: run.id });
}

export function startFromNew(): void {
  useSettingsStore.setState({ startFrom: null });
}

/** Another shape is another adapter: only dropout may change while training on from a kept one. */
export function changeAdapter(change: Partial<AdapterSettings>): void {
  const { settings, startFrom } = useSettingsStore.getState();
  const isSameShape = Object.keys(change).every((name) => name === 'dropout');
  const adapter = { ...settings.adapter, ...change };
  useSettingsStore.setState({ settings: { ...settings, adapter }, startFrom: isSameShape ? startFrom : null });
}

export function changeTraining(change: Partial<TrainingSettings>): void {
  const { settings } = useSettingsStore.getState();
  useSettingsStore.setState({ settings: { ...settings, training: { ...settings.training, ...change } } });
}

/** The plan on show, a moment old while the next is worked out. */
export function shownPlan(status: PlanStatus): RunPlan | null {
  if (status.kind === 'ready') return status.plan;
  return status.kind === 'planning' ? status.previous : null;
}

let lastRequest = 0;
let timer: ReturnType<typeof setTimeout> | undefined;

/** A burst of changes asks once. */
const PLAN_DELAY_MS = 120;

/** Asks the worker what the current settings take, unless by then `canPlan` says that model or data are not there. */
export function requestPlan(canPlan: () => boolean): void {
  clearTimeout(timer);
  const { plan } = useSettingsStore.getState();
  useSettingsStore.setState({ plan: { kind: 'planning', previous: shownPlan(plan) } });
  timer = setTimeout(() => {
    if (canPlan()) void makePlan();
  }, PLAN_DELAY_MS);
}

export function forgetPlan(): void {
  clearTimeout(timer);
  lastRequest += 1;
  useSettingsStore.setState({ plan: { kind: 'none' } });
}

async function makePlan(): Promise<void> {
  const request = ++lastRequest;
  const settle = (plan: PlanStatus) => {
    if (request === lastRequest) useSettingsStore.setState({ plan });
  };
  try {
    const prompts = await samplePrompts();
    const { settings } = useSettingsStore.getState();
    settle({ kind: 'ready', plan: await call('planRun', { settings, samplePrompts: prompts }) });
  } catch (error) {
    settle({ kind: 'failed', message: messageOf(error) });
  }
}
