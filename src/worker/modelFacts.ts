// What a model is and what it will cost, from its config and headers.
import { typeShares } from '../formats/weightFiles.ts';
import type { PlanLimits } from '../gpu/plan.ts';
import { declareModel, parameterCount } from '../model/frozenModel.ts';
import { targetPlaces } from '../model/linears.ts';
import { checkStored } from '../model/loadModel.ts';
import { keptAsF16Text } from '../model/weightStorage.ts';
import { storedFormat, type WeightOption, weightOptions } from '../training/weightOptions.ts';
import { hasChatTemplate, type OpenedModel } from './modelSource.ts';
import type { ModelDescription } from './protocol/model.ts';

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
    storedFormat: storedFormat(a, weights),
    fileFormat: weights.isGguf ? 'GGUF' : 'safetensors',
    storedTypes: typeShares(weights),
    weightBytes: weightOptions(a, weights, most).map((option) => withRefusal(option, most, limits !== undefined)),
    targets: targetPlaces(a).map(({ target, moduleName, inFeatures, colCount }) => ({
      target,
      moduleName,
      inFeatures,
      outFeatures: colCount,
    })),
    hasChatTemplate: await hasChatTemplate(folder),
    isKeptCopy: files.isKeptCopy ?? false,
  };
}

function withRefusal({ format, bytes, largestBytes, keptAsF16 }: WeightOption, most: number, hasGpu: boolean) {
  let refusal: string | null = null;
  if (!hasGpu) refusal = 'There is no WebGPU here to hold it.';
  else if (largestBytes > most) refusal = `One matrix takes ${largestBytes} bytes; this GPU binds at most ${most}.`;
  const note = keptAsF16.length > 0 ? keptAsF16Text(format, keptAsF16) : null;
  return { format, bytes, refusal, note };
}
