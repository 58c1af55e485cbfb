// The formats that a model's weights can be kept in on the GPU, with what each takes: from its headers alone.
import type { WeightFiles } from '../formats/weightFiles.ts';
import type { Architecture } from '../model/architecture.ts';
import { allMatrices, allTensors, declareModel } from '../model/frozenModel.ts';
import { findStored } from '../model/weightStorage.ts';
import { WEIGHT_FORMATS, type WeightFormat } from './settings.ts';

export interface WeightOption {
  readonly format: WeightFormat;
  /** Of all tensors, as they are allocated. */
  readonly bytes: number;
  /** Of the largest tensor, cut by rows where a binding would be too small. */
  readonly largestBytes: number;
  /** Matrices that this format cannot hold. */
  readonly keptAsF16: readonly string[];
}

/** `maxTensorBytes`: what one binding holds. The format `file` is for GGUF files alone. */
export function weightOptions(a: Architecture, files: WeightFiles, maxTensorBytes: number): WeightOption[] {
  return WEIGHT_FORMATS.filter((format) => format !== 'file' || files.isGguf).map((format) => {
    const model = declareModel(a, format, maxTensorBytes, files);
    const sizes = allTensors(model).map(({ allocation }) => allocation.sizeBytes);
    const bytes = sizes.reduce((sum, size) => sum + Math.max(16, Math.ceil(size / 4) * 4), 0);
    return { format, bytes, largestBytes: Math.max(...sizes), keptAsF16: model.keptAsF16 };
  });
}

/** The type that most of the weights are stored in, in small letters. */
export function storedFormat(a: Architecture, files: WeightFiles): string {
  const bytes = new Map<string, number>();
  for (const { stored } of allMatrices(declareModel(a, 'f32', Number.MAX_SAFE_INTEGER))) {
    for (const { name } of stored) {
      const { dtype, sizeBytes } = findStored(files, name).info;
      bytes.set(dtype, (bytes.get(dtype) ?? 0) + sizeBytes);
    }
  }
  const [[most] = ['']] = [...bytes].sort(([, x], [, y]) => y - x);
  return most.toLowerCase();
}
