// The plan for bigger machines: what was chosen, and what the worker's arithmetic says of it.
import { create } from 'zustand';
import { call } from '../../../../../worker/client.ts';
import type { BigModel, BigPlan, BigRequest, Machines } from '../../../../../worker/protocol/bigMachines.ts';
import { saveFile } from '../../../../runs/saveFile.ts';
import { messageOf } from '../../../../stores/messageOf.ts';
import { useSettingsStore } from '../../../../stores/settingsStore.ts';
import type { AdapterSettings, RunSettings } from '../../../../stores/settingsTypes.ts';

interface BiggerStore {
  models: readonly BigModel[];
  modelId: string;
  machines: Machines;
  /** From Train's own when the drawer opens; Train's stay as they are. All layers are adapted. */
  settings: RunSettings;
  plan: { kind: 'none' } | { kind: 'ready'; plan: BigPlan } | { kind: 'failed'; message: string };
  leaving: { kind: 'none' } | { kind: 'making' } | { kind: 'failed'; message: string };
}

export const useBiggerStore = create<BiggerStore>()(() => ({
  models: [],
  modelId: 'meta-llama/Llama-3.1-70B-Instruct',
  machines: {
    gpus: 8,
    gpuBytes: 80e9,
    sharding: 'fsdp',
    dtype: 'bfloat16',
    checkpointing: true,
    microBatch: 1,
    length: 1024,
  },
  settings: useSettingsStore.getState().settings,
  plan: { kind: 'none' },
  leaving: { kind: 'none' },
}));

/** Starts from what Train has now. */
export async function openBigger(): Promise<void> {
  const { modelId } = useBiggerStore.getState();
  useBiggerStore.setState({ settings: useSettingsStore.getState().settings });
  try {
    useBiggerStore.setState({ models: await call('listBigModels', {}) });
    chooseBigModel(modelId);
  } catch (error) {
    useBiggerStore.setState({ plan: { kind: 'failed', message: messageOf(error) } });
  }
}

/** The matrices that this family lacks are left out; where none is left, its queries and values stand in. */
export function chooseBigModel(modelId: string): void {
  const { models, settings } = useBiggerStore.getState();
  const known = models.find(({ id }) => id === modelId)?.targets ?? [];
  const kept = settings.adapter.targets.filter((target) => known.includes(target));
  const targets: AdapterSettings['targets'] = kept.length > 0 ? kept : ['q', 'v'];
  const { layers: _, ...adapter } = settings.adapter;
  useBiggerStore.setState({ modelId, settings: { ...settings, adapter: { ...adapter, targets } } });
  void replan();
}

export function changeMachines(change: Partial<Machines>): void {
  useBiggerStore.setState(({ machines }) => ({ machines: { ...machines, ...change } }));
  void replan();
}

export function changeBigAdapter(change: Partial<AdapterSettings>): void {
  useBiggerStore.setState(({ settings }) => ({
    settings: { ...settings, adapter: { ...settings.adapter, ...change } },
  }));
  void replan();
}

export function changeBigOptimizer(optimizer: RunSettings['training']['optimizer']): void {
  useBiggerStore.setState(({ settings }) => ({
    settings: { ...settings, training: { ...settings.training, optimizer } },
  }));
  void replan();
}

let asked = 0;

/** The newest question wins. */
async function replan(): Promise<void> {
  const mine = ++asked;
  const request = currentRequest();
  useBiggerStore.setState({ leaving: { kind: 'none' } });
  try {
    const plan = await call('planBigRun', request);
    if (mine === asked) useBiggerStore.setState({ plan: { kind: 'ready', plan } });
  } catch (error) {
    if (mine === asked) useBiggerStore.setState({ plan: { kind: 'failed', message: messageOf(error) } });
  }
}

function currentRequest(): BigRequest {
  const { modelId, machines, settings } = useBiggerStore.getState();
  return { modelId, machines, settings };
}

export async function takeBigRun(): Promise<void> {
  useBiggerStore.setState({ leaving: { kind: 'making' } });
  try {
    const { fileName, zip } = await call('exportBigRun', currentRequest());
    saveFile(fileName, zip);
    useBiggerStore.setState({ leaving: { kind: 'none' } });
  } catch (error) {
    useBiggerStore.setState({ leaving: { kind: 'failed', message: messageOf(error) } });
  }
}
