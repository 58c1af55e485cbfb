// An adapter merged into the weights on the GPU, and taken out again. Taking it out writes the frozen weights anew from
// their files: the same bits as before, which subtracting what was added would not give.
import { fromFloat32, toFloat32 } from '../formats/dtypes.ts';
import type { WeightFiles } from '../formats/weightFiles.ts';
import type { Gpu } from '../gpu/device.ts';
import type { FrozenMatrix, FrozenModel } from '../model/frozenModel.ts';
import { DTYPE_OF, findStored, RowWriter, readRows } from '../model/loadModel.ts';
import type { AdapterLayout } from './adapterSet.ts';
import { addUpdate, type StoredUpdate, storedUpdates } from './merge.ts';

/** Overwrites every adapted matrix with W + scaling·B·A in the model's weight format. `block`: layout.count elements. */
export async function mergeInto(
  gpu: Gpu,
  model: FrozenModel,
  files: WeightFiles,
  layout: AdapterLayout,
  block: Float32Array,
): Promise<void> {
  const updates = storedUpdates(model.architecture, files, layout, block);
  for (const frozen of adaptedMatrices(model, layout)) {
    await write(gpu, model, files, frozen, (name) => updates.get(name));
  }
}

/** Overwrites every adapted matrix with the frozen weights, as loading the model wrote them. */
export async function unmerge(gpu: Gpu, model: FrozenModel, files: WeightFiles, layout: AdapterLayout): Promise<void> {
  for (const frozen of adaptedMatrices(model, layout)) await write(gpu, model, files, frozen, () => undefined);
}

function adaptedMatrices(model: FrozenModel, { modules }: AdapterLayout): Set<FrozenMatrix> {
  return new Set(modules.map(({ layer, place }) => model.blocks[layer]!.linears[place.linear].weight));
}

async function write(
  gpu: Gpu,
  model: FrozenModel,
  files: WeightFiles,
  { matrix, stored }: FrozenMatrix,
  updateOf: (storedName: string) => StoredUpdate | undefined,
): Promise<void> {
  const writer = new RowWriter(
    gpu,
    matrix.parts.map(({ tensor }) => tensor),
  );
  const dtype = DTYPE_OF[model.storage];
  for (const part of stored) {
    const update = updateOf(findStored(files, part.name).info.name);
    let done = 0;
    for await (const bytes of readRows(files, part, matrix.cols, update ? 'F32' : dtype)) {
      if (!update) {
        writer.push(bytes);
        continue;
      }
      const values = toFloat32(bytes, 'F32');
      // readRows hands out [out, in] whichever way the file stores it.
      addUpdate(values, done, matrix.cols, { ...update, isTransposed: false });
      done += values.length;
      writer.push(fromFloat32(values, dtype));
    }
  }
  writer.end();
  await gpu.device.queue.onSubmittedWorkDone();
}
