// "Fit to this GPU": how much memory a run may take, and the settings that the worker chose for it.
import { create } from 'zustand';
import { call } from '../../worker/client.ts';
import { useDeviceStore } from './deviceStore.ts';
import { keepNumber, keptNumber } from './keptNumber.ts';
import { messageOf } from './messageOf.ts';
import { changeWeightFormat, knownDescription, loadModel, useModelStore } from './modelStore.ts';
import { samplePrompts } from './samplePrompts.ts';
import { changeTraining, useSettingsStore } from './settingsStore.ts';
import type { RunSettings } from './settingsTypes.ts';

export type FitStatus =
  | { kind: 'none' }
  | { kind: 'fitting' }
  /** Shown for as long as `settings` are those chosen. */
  | { kind: 'fitted'; reason: string; settings: RunSettings }
  | { kind: 'failed'; message: string };

interface FitStore {
  /** As the person set it; null: as the worker guesses. */
  ownBudgetBytes: number | null;
  status: FitStatus;
}

const KEY = 'rankwise.gpuMemoryBytes';

export const useFitStore = create<FitStore>()(() => ({ ownBudgetBytes: keptNumber(KEY), status: { kind: 'none' } }));

/** As it is set now. */
export const currentBudgetBytes = () => budgetBytes(useFitStore.getState().ownBudgetBytes);

/** Bytes on the GPU that a run may take. */
export function budgetBytes(ownBudgetBytes: number | null): number {
  const { device } = useDeviceStore.getState();
  return ownBudgetBytes ?? (device.kind === 'ready' ? device.likelyBudgetBytes : 0);
}

/** Kept for the next visit. */
export function setBudget(bytes: number): void {
  useFitStore.setState({ ownBudgetBytes: bytes });
  keepNumber(KEY, bytes);
}

/** Chooses weight format, checkpointing, batch and accumulation, and sets them. */
export async function fitToGpu(): Promise<void> {
  const { status: model } = useModelStore.getState();
  if (model.kind === 'none') return;
  useFitStore.setState({ status: { kind: 'fitting' } });
  try {
    const settings = ofLargestAdapter();
    const source = model.kind === 'ready' ? null : model.source;
    const budget = currentBudgetBytes();
    const prompts = await samplePrompts();
    const fit = await call('fitRun', { source, settings, samplePrompts: prompts, budgetBytes: budget });
    if (fit.kind === 'tooLarge') return useFitStore.setState({ status: { kind: 'failed', message: fit.reason } });
    changeTraining(fit.training);
    const chosen = useSettingsStore.getState().settings;
    useFitStore.setState({ status: { kind: 'fitted', reason: fit.reason, settings: chosen } });
    if (knownDescription(model)) await changeWeightFormat(fit.weights);
    else await loadModel(model.source, fit.weights);
  } catch (error) {
    useFitStore.setState({ status: { kind: 'failed', message: messageOf(error) } });
  }
}

/** Of a race the costliest adapter decides: those that do not fit beside it run in another heat. */
function ofLargestAdapter(): RunSettings {
  const { settings, choices } = useSettingsStore.getState();
  const targets = [...new Set(choices.targets.flat())];
  return { ...settings, adapter: { ...settings.adapter, rank: Math.max(...choices.rank), targets } };
}

/** After the GPU refused `bytes`: fits into less. */
export async function fitBelow(bytes: number): Promise<void> {
  const now = currentBudgetBytes();
  setBudget(Math.min(now, 0.8 * bytes));
  await fitToGpu();
}
