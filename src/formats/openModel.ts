/** A model folder or a GGUF file as what the engine takes: files of a transformers folder, and an index of weights. */
import type { ByteSource } from './byteSource.ts';
import { ggufFolder, openGgufWeights } from './ggufModel.ts';
import { isGguf } from './ggufShards.ts';
import { type AdapterFolder, type ModelFolder, sortModelFiles } from './modelFolder.ts';
import { openWeightFiles, type WeightFiles } from './weightFiles.ts';

/** Sorts the files; for a GGUF model the folder's other files are made from its metadata. Throws a FormatError. */
export async function openModelFolder(
  files: readonly ByteSource[],
): Promise<ModelFolder<ByteSource> | AdapterFolder<ByteSource>> {
  const folder = sortModelFiles(files);
  return folder.kind === 'gguf' ? ggufFolder(folder.files) : folder;
}

/** An index over `folder.weights`, safetensors or GGUF. Throws a FormatError. */
export async function openWeights({ weights }: ModelFolder<ByteSource>): Promise<WeightFiles> {
  return weights.some(({ name }) => isGguf(name)) ? openGgufWeights(weights) : openWeightFiles(weights);
}
