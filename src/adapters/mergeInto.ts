// An adapter merged into the weights on the GPU, and taken out again. Taking it out writes the frozen weights anew from
// their files: the same bits as before, which subtracting what was added would not give.
import { toFloat32 } from '../formats/dtypes.ts';
import type { WeightFiles } from '../formats/weightFiles.ts';
import type { Gpu } from '../gpu/device.ts';
import { isBlockType } from '../gpu/tensor.ts';
import type { FrozenMatrix, FrozenModel, StoredRows } from '../model/frozenModel.ts';
import { writeMatrix } from '../model/loadModel.ts';
import { fromNumbers, readRows } from '../model/readRows.ts';
import { findStored } from '../model/weightStorage.ts';
import { AdapterError, type AdapterLayout } from './adapterSet.ts';
import { addUpdate, type StoredUpdate, storedUpdates } from './merge.ts';

/**
 * Overwrites every adapted matrix with W + scaling·B·A in the type it is kept in. `block`: layout.count elements. Throws
 * AdapterError, having changed nothing, where an adapted matrix is kept in quantized blocks: merged, it would have to be
 * quantized again, and would be another model.
 */
export async function mergeInto(
  gpu: Gpu,
  model: FrozenModel,
  files: WeightFiles,
  layout: AdapterLayout,
  block: Float32Array,
): Promise<void> {
  requireMergeable(model, layout);
  const updates = storedUpdates(model.architecture, files, layout, block);
  for (const frozen of adaptedMatrices(model, layout)) {
    await write(gpu, files, frozen, (name) => updates.get(name));
  }
}

/** Overwrites every adapted matrix with the frozen weights, as loading the model wrote them. */
export async function unmerge(gpu: Gpu, model: FrozenModel, files: WeightFiles, layout: AdapterLayout): Promise<void> {
  for (const frozen of adaptedMatrices(model, layout)) await write(gpu, files, frozen, () => undefined);
}

function adaptedMatrices(model: FrozenModel, { modules }: AdapterLayout): Set<FrozenMatrix> {
  return new Set(modules.map(({ layer, place }) => model.blocks[layer]!.linears[place.linear].weight));
}

/** Throws AdapterError where `mergeInto` would. */
export function requireMergeable(model: FrozenModel, layout: AdapterLayout): void {
  for (const { matrix } of adaptedMatrices(model, layout)) {
    const block = matrix.parts.find(({ tensor }) => isBlockType(tensor.type));
    if (!block) continue;
    throw new AdapterError(
      `${block.tensor.label} is kept as ${block.tensor.type}: merged in place it would be rounded to such blocks again. Load the model as f32, f16 or bf16 to merge in place; a merged export is written as f16 or f32 from any base.`,
    );
  }
}

function write(
  gpu: Gpu,
  files: WeightFiles,
  frozen: FrozenMatrix,
  updateOf: (storedName: string) => StoredUpdate | undefined,
): Promise<void> {
  const { cols } = frozen.matrix;
  return writeMatrix(gpu, frozen, (part) => {
    const update = updateOf(findStored(files, part.name).info.name);
    return update ? updatedRows(files, part, cols, update) : readRows(files, part, cols);
  });
}

async function* updatedRows(files: WeightFiles, part: StoredRows, cols: number, update: StoredUpdate) {
  let done = 0;
  for await (const bytes of readRows(files, part, cols, { to: 'f32' })) {
    const values = toFloat32(bytes, 'F32');
    // readRows hands out [out, in] whichever way the file stores it.
    addUpdate(values, done, cols, { ...update, isTransposed: false });
    done += values.length;
    yield fromNumbers(values, part.type);
  }
}
