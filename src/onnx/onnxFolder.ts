// A transformers.js folder of the model, with an adapter merged in or without one: configuration, tokenizer, and the
// decoder as ONNX. Its weights are read while the files are written.
import type { AdapterLayout } from '../adapters/adapterSet.ts';
import { storedUpdates } from '../adapters/merge.ts';
import type { ByteSource } from '../formats/byteSource.ts';
import type { ModelFolder } from '../formats/modelFolder.ts';
import type { ZipEntry } from '../formats/zipWriter.ts';
import type { Architecture } from '../model/architecture.ts';
import { decoderGraph } from './decoder.ts';
import { checkedWeights, folderFiles, type OnnxOptions } from './folderFiles.ts';

/**
 * The files of the folder, config.json first, `onnx/…` last. `block`: the adapter's parameters, `layout.count` elements.
 * Throws ModelError for weights that do not fit the architecture; reading a file's bytes throws AdapterError where a
 * weight does not fit f16.
 */
export async function onnxFolder(
  model: ModelFolder<ByteSource>,
  a: Architecture,
  adapter: { layout: AdapterLayout; block: Float32Array } | undefined,
  options: OnnxOptions,
): Promise<ZipEntry[]> {
  const files = await checkedWeights(model, a);
  const updates = adapter ? storedUpdates(a, files, adapter.layout, adapter.block) : new Map();
  return folderFiles(model, decoderGraph(a, { files, updates }, options), options);
}
