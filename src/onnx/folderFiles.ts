// What lies beside the graph in a transformers.js folder: configuration and tokenizer.
import { openTokenizer } from '../data/openTokenizer.ts';
import type { TextTokenizer } from '../data/tokenizer.ts';
import { type ByteSource, readText } from '../formats/byteSource.ts';
import { copiedEntry, textEntry } from '../formats/folderEntries.ts';
import { parseJsonObject } from '../formats/json.ts';
import type { ModelFolder } from '../formats/modelFolder.ts';
import { openWeights } from '../formats/openModel.ts';
import type { WeightFiles } from '../formats/weightFiles.ts';
import type { ZipEntry } from '../formats/zipWriter.ts';
import type { Architecture } from '../model/architecture.ts';
import { declareModel } from '../model/frozenModel.ts';
import { checkStored } from '../model/loadModel.ts';
import type { GraphOptions } from './decoder.ts';
import type { Graph } from './graph.ts';
import { modelFiles } from './modelFile.ts';
import type { OnnxDtype } from './storedWeights.ts';

export interface OnnxOptions extends GraphOptions {
  /** Bytes in one file at most; default 2 GB, more than which protobuf cannot. */
  readonly maxFileBytes?: number;
}

/** As transformers.js names them (its DEFAULT_DTYPE_SUFFIX_MAPPING). */
const DTYPE_NAMES: Readonly<Record<OnnxDtype, { dtype: string; fileName: string }>> = {
  f32: { dtype: 'fp32', fileName: 'model.onnx' },
  f16: { dtype: 'fp16', fileName: 'model_fp16.onnx' },
  q4: { dtype: 'q4', fileName: 'model_q4.onnx' },
};

/** The model's weights, their shapes checked. Throws FormatError and ModelError. */
export async function checkedWeights(model: ModelFolder<ByteSource>, a: Architecture): Promise<WeightFiles> {
  const files = await openWeights(model);
  checkStored(declareModel(a, 'f32', Number.MAX_SAFE_INTEGER), files);
  return files;
}

/** config.json first, then the tokenizer's files, then `onnx/…`. Throws DataError for a tokenizer that is not read here. */
export async function folderFiles(
  model: ModelFolder<ByteSource>,
  graph: Graph,
  { dtype, maxFileBytes }: OnnxOptions,
): Promise<ZipEntry[]> {
  const { entries, dataFiles } = modelFiles(graph, `onnx/${DTYPE_NAMES[dtype].fileName}`, maxFileBytes);
  const tokenizer = await openTokenizer(model);
  const copied = [model.tokenizer, model.specialTokensMap, model.chatTemplate].filter((file) => file !== undefined);
  return [
    jsonFile('config.json', withLoading(await jsonOf(model.config), dtype, dataFiles)),
    jsonFile('generation_config.json', withStops(await jsonOf(model.generationConfig), tokenizer)),
    jsonFile('tokenizer_config.json', withTokens(await jsonOf(model.tokenizerConfig), tokenizer)),
    ...copied.map(copiedEntry),
    ...entries,
  ];
}

type Json = Readonly<Record<string, unknown>>;

async function jsonOf(file: ByteSource | undefined): Promise<Json> {
  return file ? parseJsonObject(await readText(file), file.name) : {};
}

/** generation_config.json with every token that ends an answer here. */
function withStops(config: Json, { stopIds }: TextTokenizer): Json {
  const [only] = stopIds;
  return { ...config, eos_token_id: stopIds.length === 1 ? only : stopIds };
}

/** tokenizer_config.json with what transformers.js reads nowhere else: a chat template of its own file, and that a text has
 * leading tokens. */
function withTokens(config: Json, { chatTemplate, leadingIds }: TextTokenizer): Json {
  const isSaid = 'add_bos_token' in config || 'add_eos_token' in config;
  return {
    tokenizer_class: 'PreTrainedTokenizerFast',
    ...config,
    ...(chatTemplate !== undefined && !('chat_template' in config) ? { chat_template: chatTemplate } : {}),
    ...(leadingIds.length > 0 && !isSaid ? { add_bos_token: true } : {}),
  };
}

/** config.json with what transformers.js reads of it: which file to take unless told otherwise, and how it is cut. */
function withLoading(config: Json, dtype: OnnxDtype, dataFiles: number): Json {
  const { dtype: name, fileName } = DTYPE_NAMES[dtype];
  return {
    ...config,
    'transformers.js_config': {
      dtype: name,
      ...(dataFiles > 0 ? { use_external_data_format: { [fileName]: dataFiles } } : {}),
    },
  };
}

function jsonFile(name: string, value: Json): ZipEntry {
  return textEntry(name, `${JSON.stringify(value, null, 2)}\n`);
}
