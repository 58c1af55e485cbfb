// The model's stored tensors as initializers, with what an adapter adds to them, read and converted a piece at a time.
import { folderShape, mergedTensor, type StoredUpdate } from '../adapters/merge.ts';
import type { FloatDtype } from '../formats/dtypes.ts';
import type { WeightFiles } from '../formats/weightFiles.ts';
import { findStored } from '../model/weightStorage.ts';
import type { ElementType, Weight } from './graph.ts';

/** What the matrices are stored as; q4: linears in blocks of 4 bits, embedding and head in blocks of 8. */
export type OnnxDtype = 'f32' | 'f16' | 'q4';

export type FloatType = Extract<ElementType, 'float32' | 'float16'>;

const DTYPE_OF: Readonly<Record<FloatType, FloatDtype>> = { float32: 'F32', float16: 'F16' };

/** Stored tensors by their names below the base model, and the adapter that is merged into them. */
export interface StoredWeights {
  readonly files: WeightFiles;
  /** By the stored tensor's full name. */
  readonly updates: ReadonlyMap<string, StoredUpdate>;
}

/** A stored tensor in its family's layout. Its bytes reject with AdapterError where a value does not fit f16. */
export function floatWeight({ files, updates }: StoredWeights, name: string, type: FloatType): Weight {
  const tensor = findStored(files, name);
  const stored = tensor.info.name;
  return {
    name: type === 'float32' ? stored : `${stored}.f16`,
    type,
    shape: folderShape(tensor),
    bytes: () => mergedTensor(tensor, updates.get(stored), DTYPE_OF[type]),
  };
}
