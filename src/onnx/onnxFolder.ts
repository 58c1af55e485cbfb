// A transformers.js folder of the model, with an adapter merged in or without one: configuration, tokenizer, and the
// decoder as ONNX. Its weights are read while the files are written.
import type { AdapterLayout } from '../adapters/adapterSet.ts';
import { storedUpdates } from '../adapters/merge.ts';
import { type ByteSource, readChunks, readText } from '../formats/byteSource.ts';
import { parseJsonObject } from '../formats/json.ts';
import type { ModelFolder } from '../formats/modelFolder.ts';
import { openWeights } from '../formats/openModel.ts';
import { baseName } from '../formats/weightFiles.ts';
import type { ZipEntry } from '../formats/zipWriter.ts';
import type { Architecture } from '../model/architecture.ts';
import { declareModel } from '../model/frozenModel.ts';
import { checkStored } from '../model/loadModel.ts';
import { decoderGraph } from './decoder.ts';
import { modelFiles } from './modelFile.ts';
import type { OnnxDtype } from './storedWeights.ts';

export interface OnnxOptions {
  readonly dtype: OnnxDtype;
  /** Bytes in one file at most; default 2 GB, more than which protobuf cannot. */
  readonly maxFileBytes?: number;
}

/** As transformers.js names them (its DEFAULT_DTYPE_SUFFIX_MAPPING). */
const DTYPE_NAMES: Readonly<Record<OnnxDtype, { dtype: string; fileName: string }>> = {
  f32: { dtype: 'fp32', fileName: 'model.onnx' },
  f16: { dtype: 'fp16', fileName: 'model_fp16.onnx' },
};

/**
 * The files of the folder, config.json first, `onnx/…` last. `block`: the adapter's parameters, `layout.count` elements.
 * Throws ModelError for weights that do not fit the architecture; reading a file's bytes throws AdapterError where a
 * weight does not fit f16.
 */
export async function onnxFolder(
  model: ModelFolder<ByteSource>,
  a: Architecture,
  adapter: { layout: AdapterLayout; block: Float32Array } | undefined,
  { dtype, maxFileBytes }: OnnxOptions,
): Promise<ZipEntry[]> {
  const files = await openWeights(model);
  checkStored(declareModel(a, 'f32', Number.MAX_SAFE_INTEGER), files);
  const updates = adapter ? storedUpdates(a, files, adapter.layout, adapter.block) : new Map();
  const { entries, dataFiles } = modelFiles(
    decoderGraph(a, { files, updates }, dtype),
    `onnx/${DTYPE_NAMES[dtype].fileName}`,
    maxFileBytes,
  );
  return [...(await textFiles(model, dtype, dataFiles)), ...entries];
}

/** config.json and everything of the tokenizer. */
async function textFiles(model: ModelFolder<ByteSource>, dtype: OnnxDtype, dataFiles: number): Promise<ZipEntry[]> {
  const config = parseJsonObject(await readText(model.config), model.config.name);
  const copied = [
    model.generationConfig,
    model.tokenizer,
    model.tokenizerConfig,
    model.specialTokensMap,
    model.chatTemplate,
  ].filter((file) => file !== undefined);
  return [
    textFile('config.json', `${JSON.stringify(withLoading(config, dtype, dataFiles), null, 2)}\n`),
    ...copied.map((file) => ({
      name: baseName(file.name),
      sizeBytes: file.sizeBytes,
      bytes: () => readChunks(file),
    })),
  ];
}

/** config.json with what transformers.js reads of it: which file to take unless told otherwise, and how it is cut. */
function withLoading(config: Readonly<Record<string, unknown>>, dtype: OnnxDtype, dataFiles: number) {
  const { dtype: name, fileName } = DTYPE_NAMES[dtype];
  return {
    ...config,
    'transformers.js_config': {
      dtype: name,
      kv_cache_dtype: { fp16: 'float16' },
      ...(dataFiles > 0 ? { use_external_data_format: { [fileName]: dataFiles } } : {}),
    },
  };
}

function textFile(name: string, text: string): ZipEntry {
  const bytes = new TextEncoder().encode(text);
  return { name, sizeBytes: bytes.length, bytes: async () => bytes };
}
