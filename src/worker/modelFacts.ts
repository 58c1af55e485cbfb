// What a model is and what it will cost, from its config and headers.
import type { PlanLimits } from '../gpu/plan.ts';
import { allMatrices, allTensors, declareModel, parameterCount } from '../model/frozenModel.ts';
import { targetPlaces } from '../model/linears.ts';
import { checkStored } from '../model/loadModel.ts';
import { findStored, keptAsF16Text } from '../model/weightStorage.ts';
import { WEIGHT_FORMATS, type WeightFormat } from '../training/settings.ts';
import { hasChatTemplate, type OpenedModel } from './modelSource.ts';
import type { ModelDescription } from './protocol.ts';

/** WebGPU's own limits, where no adapter says better. */
const CORE_LIMITS = { maxBufferSize: 256 << 20, maxStorageBufferBindingSize: 128 << 20 };

/** Bytes of the largest tensor that one buffer and one binding hold. */
export function largestTensorBytes(limits: Pick<PlanLimits, 'maxBufferSize' | 'maxStorageBufferBindingSize'>): number {
  return Math.min(limits.maxBufferSize, limits.maxStorageBufferBindingSize);
}

/** Throws ModelError where the weights are not those of the config. */
export async function describeOpened(opened: OpenedModel, limits: PlanLimits | undefined): Promise<ModelDescription> {
  const { architecture: a, files, weights, folder } = opened;
  const most = largestTensorBytes(limits ?? CORE_LIMITS);
  const model = declareModel(a, 'f32', most);
  checkStored(model, weights);
  return {
    name: files.name,
    baseModelId: files.baseModelId,
    revision: files.revision,
    modelType: a.modelType,
    parameters: parameterCount(model),
    layers: a.layers,
    hiddenSize: a.hiddenSize,
    heads: a.heads,
    keyValueHeads: a.kvHeads,
    headDim: a.headDim,
    vocabularySize: a.vocabularySize,
    maxPositions: a.maxPositions,
    storedFormat: storedFormat(opened),
    weightBytes: WEIGHT_FORMATS.filter((format) => format !== 'file' || weights.isGguf).map((format) =>
      weightBytes(opened, format, most, limits !== undefined),
    ),
    targets: targetPlaces(a).map(({ target, moduleName, inFeatures, colCount }) => ({
      target,
      moduleName,
      inFeatures,
      outFeatures: colCount,
    })),
    hasChatTemplate: await hasChatTemplate(folder),
  };
}

function weightBytes({ architecture, weights }: OpenedModel, format: WeightFormat, most: number, hasGpu: boolean) {
  const model = declareModel(architecture, format, most, weights);
  const sizes = allTensors(model).map(({ allocation }) => allocation.sizeBytes);
  const bytes = sizes.reduce((sum, size) => sum + Math.max(16, Math.ceil(size / 4) * 4), 0);
  const largest = Math.max(...sizes);
  let refusal: string | null = null;
  if (!hasGpu) refusal = 'There is no WebGPU here to hold it.';
  else if (largest > most) refusal = `One matrix takes ${largest} bytes; this GPU binds at most ${most}.`;
  const note = model.keptAsF16.length > 0 ? keptAsF16Text(format, model.keptAsF16) : null;
  return { format, bytes, refusal, note };
}

/** The type that most of the weights are stored in. */
function storedFormat({ weights, architecture }: OpenedModel): string {
  const bytes = new Map<string, number>();
  for (const { stored } of allMatrices(declareModel(architecture, 'f32', Number.MAX_SAFE_INTEGER))) {
    for (const { name } of stored) {
      const { dtype, sizeBytes } = findStored(weights, name).info;
      bytes.set(dtype, (bytes.get(dtype) ?? 0) + sizeBytes);
    }
  }
  const [[most] = ['']] = [...bytes].sort(([, x], [, y]) => y - x);
  return most.toLowerCase();
}
