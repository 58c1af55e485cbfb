// A run as a folder that goes on with it on PyTorch, transformers, PEFT and Accelerate: from where it stands, or from step 0
// for a model that only bigger machines hold. The Python in it (src/continue/python) follows this engine's rules; what it
// is told here is what decides a run: rows, order, settings, adapter, moments, step.

import { type AdapterFile, adapterTensors, writeAdapter } from '../adapters/peftFolder.ts';
import { createDataOrder } from '../data/dataOrder.ts';
import { textEntry } from '../formats/folderEntries.ts';
import { planSafetensors, safetensorsChunks, type TensorEntry } from '../formats/safetensors.ts';
import type { ZipEntry } from '../formats/zipWriter.ts';
import type { TrainingSettings } from '../training/settings.ts';
import type { AdapterState, ContinueRun } from './continueRun.ts';
import { type ContinueData, dataFiles, dataSize } from './dataFiles.ts';
import { folderReadme } from './folderReadme.ts';
import { startTargets, zeroOutside } from './startFacts.ts';

/** The Python files and launch configurations, by path in the folder. */
export type PythonFiles = Readonly<Record<string, string>>;

const ORDER_CHECKED = 64;

/** The folder's files; sizes are exact, and nothing large is held. */
export async function continueFolder(run: ContinueRun, python: PythonFiles): Promise<ZipEntry[]> {
  const { architecture: a, layout, state } = run;
  const adapter = await writeAdapter(a, layout, state?.parameters ?? new Float32Array(layout.count), run.card);
  const moments = state ? momentTensors(run, state) : [];
  return [
    textEntry('README.md', folderReadme(run)),
    ...Object.entries(python).map(([name, text]) => textEntry(name, text)),
    textEntry('settings.json', json(settingsOf(run))),
    ...adapter.filter(({ name }) => state || name !== 'adapter_model.safetensors').map(inFolder('adapter')),
    textEntry('state/progress.json', json(progressOf(run))),
    ...(moments.length > 0 ? [safetensorsEntry('state/optimizer.safetensors', moments)] : []),
    ...dataFiles(run.data),
    ...(run.metrics.length > 0 ? [textEntry('metrics.jsonl', run.metrics.map(jsonLine).join(''))] : []),
    ...run.baseFiles,
  ];
}

/** As torch names them; AdamW's second moment, and SGD's velocity where it has one. */
function momentTensors(
  { architecture: a, layout, training }: ContinueRun,
  { step, moments }: AdapterState,
): TensorEntry[] {
  const { optimizer } = training;
  if (!moments || step === 0 || (optimizer.kind === 'sgd' && optimizer.momentum === 0)) return [];
  const named = (kind: string, block: Float32Array) =>
    adapterTensors(a, layout, block).map((tensor) => ({ ...tensor, name: `${kind}/${tensor.name}` }));
  if (optimizer.kind === 'sgd') return named('momentum_buffer', moments.first);
  return [...named('exp_avg', moments.first), ...(moments.second ? named('exp_avg_sq', moments.second) : [])];
}

function settingsOf({ name, architecture, layout, base, training, state, data, ...run }: ContinueRun): object {
  const { rank, alpha, dropout, useRslora, targets, layers } = layout.spec;
  return {
    format: 'rankwise-continue-1',
    name,
    base,
    compute: { dtype: run.dtype, microBatch: run.machines?.microBatch ?? training.batchSize },
    adapter: { rank, alpha, dropout, useRslora, targets, ...(layers ? { layers } : {}) },
    training,
    data: { name: data.name, template: data.template, isEncoded: data.isEncoded, ...dataSize(data) },
    start: {
      step: state?.step ?? 0,
      nextRows: nextRows(training, data, state?.step ?? 0),
      seed: training.seed,
      targets: startTargets(layout),
      blocks: zeroOutside(architecture, layout),
    },
  };
}

/** The first rows of the next step, for train.py to see that its order is this one. */
function nextRows({ batchSize, accumulate, seed, shuffle }: TrainingSettings, data: ContinueData, step: number) {
  if (!data.isEncoded) return [];
  const lengths = data.train.rows.map((row) => row.ids.length);
  const order = createDataOrder({ rowCount: lengths.length, batchSize, accumulate, seed, shuffle, lengths });
  const micro = Array.from({ length: accumulate }, (_, i) => [...order.microBatch(step + 1, i)]);
  return micro.flat().slice(0, ORDER_CHECKED);
}

function progressOf({ state, evaluations }: ContinueRun): object {
  return { step: state?.step ?? 0, elapsedMs: state?.elapsedMs ?? 0, evaluations };
}

function safetensorsEntry(name: string, tensors: readonly TensorEntry[]): ZipEntry {
  return { name, sizeBytes: planSafetensors(tensors).sizeBytes, bytes: () => safetensorsChunks(tensors) };
}

function inFolder(folder: string) {
  return ({ name, bytes }: AdapterFile): ZipEntry => ({
    name: `${folder}/${name}`,
    sizeBytes: bytes.length,
    bytes: async () => bytes,
  });
}

const json = (value: object) => `${JSON.stringify(value, null, 2)}\n`;
const jsonLine = (value: object) => `${JSON.stringify(value)}\n`;
