// "Fit to this GPU": for the model on show, loaded or only described, and the data, read or not.
import { flatElements, layOutAdapters } from '../adapters/adapterSet.ts';
import type { Gpu } from '../gpu/device.ts';
import { newTensor } from '../gpu/tensor.ts';
import { declareModel } from '../model/frozenModel.ts';
import { Generator } from '../model/generator.ts';
import { formatsToTry } from '../training/fit.ts';
import { fitToMemory } from '../training/fitToMemory.ts';
import type { WeightFormat } from '../training/settings.ts';
import { cancellable } from './cancelling.ts';
import { readDataOf } from './dataSession.ts';
import { requireGpu } from './device.ts';
import { WorkerError } from './failure.ts';
import { planSamples } from './liveSamples.ts';
import { describeOpened, largestTensorBytes } from './modelFacts.ts';
import { requireModel } from './modelSession.ts';
import { openModel, openModelFiles } from './modelSource.ts';
import type { ModelSource } from './protocol/model.ts';
import type { FitReply } from './protocol/runs.ts';
import type { Calls } from './protocol.ts';
import { checkSettings, evaluatedRows, evenly } from './runPlanning.ts';

/** Throws ModelError or FormatError where the model cannot be described. */
export async function fitRun(request: Calls['fitRun']['request']): Promise<FitReply> {
  const { budgetBytes, source } = request;
  const { adapter, training } = checkSettings(request.settings);
  const gpu = await requireGpu();
  const loaded = source ? undefined : requireModel();
  const { opened, description } = source ? await opening(source, gpu) : requireModel();
  const a = opened.architecture;
  const [layout] = layOutAdapters(a, [adapter]);
  if (!layout) throw new WorkerError('The adapter has no matrices.');
  const declare = (weights: WeightFormat) => declareModel(a, weights, largestTensorBytes(gpu.limits), opened.weights);
  const possible = description.weightBytes.filter(({ refusal }) => refusal === null);
  const formats = formatsToTry(possible, description.storedFormat, loaded?.storage);
  const data = loaded && readDataOf(loaded);
  const first = formats[0];
  let besideBytes = 0;
  if (loaded && data && first && training.evaluateEvery > 0) {
    const parameters = newTensor('adapters', [flatElements([layout])]);
    const isChat = data.description.prompt.kind === 'chat';
    const rendering = { tokenizer: loaded.tokenizer, architecture: a, isChat };
    const samples = planSamples(request.samplePrompts, rendering, [layout], parameters);
    if (samples) besideBytes = await Generator.sizeOf(gpu, declare(first.format), samples.options);
  }
  const rows = data && {
    rows: data.dataset.train.rows,
    validationRows: evenly(data.dataset.validation?.rows ?? [], evaluatedRows(training)),
  };
  const fit = await fitToMemory({
    gpu,
    budgetBytes,
    formats,
    declare,
    layouts: [layout],
    training,
    data: rows ?? { maxLength: Math.min(training.maxLength, a.maxPositions) },
    besideBytes,
    // What the loaded model takes is its own, or is freed for the next.
    hasRoomFor: (bytes) => gpu.hasRoomFor(bytes - gpu.allocatedBytes),
  });
  if (fit.kind === 'tooLarge') return fit;
  const { weights, ...change } = fit.choice;
  return { kind: 'fits', weights, training: change, bytes: fit.bytes, reason: fit.reason };
}

function opening(source: ModelSource, gpu: Gpu) {
  return cancellable('model', async (signal) => {
    const opened = await openModel(await openModelFiles(source, signal));
    return { opened, description: await describeOpened(opened, gpu.limits) };
  });
}
