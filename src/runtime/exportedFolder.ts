// An exported folder, opened: which file is what. The layout is transformers.js's (config.json and tokenizer.json beside
// `onnx/`), told by names alone; adapters lie in `adapters/`.
import { type ByteSource, blobSource, readText, refuseLfsPointer } from '../formats/byteSource.ts';
import { FormatError } from '../formats/formatError.ts';
import { parseJsonObject } from '../formats/json.ts';
import { baseName, isAppleDouble } from '../formats/weightFiles.ts';
import { openZip } from '../formats/zipReader.ts';
import type { GraphBytes } from './decoder.ts';
import { externalLocations } from './externalLocations.ts';
import { OnnxError } from './onnxError.ts';
import type { FolderFile, GraphChoice, Provider } from './protocol.ts';

export interface ExportedFolder {
  readonly name: string;
  readonly config: ByteSource;
  readonly tokenizer: ByteSource;
  readonly tokenizerConfig: ByteSource | undefined;
  readonly generationConfig: ByteSource | undefined;
  readonly chatTemplate: ByteSource | undefined;
  /** The most exact first. */
  readonly graphs: readonly ExportedGraph[];
  readonly adapters: readonly ByteSource[];
}

export interface ExportedGraph {
  readonly file: ByteSource;
  /** What its names say are its weights: `….onnx_data`, `….onnx_data_1`, or `….onnx.data`. */
  readonly externalData: readonly ByteSource[];
  /** Whatever lies in its folder: the graph itself names the files that it needs. */
  readonly beside: readonly ByteSource[];
}

/** Ends of graph names as transformers.js has them, the most exact first. */
const PRECISIONS: readonly [ending: string, words: string, needsF16: boolean][] = [
  ['', 'f32', false],
  ['_fp16', 'f16', true],
  ['_int8', '8-bit', false],
  ['_uint8', '8-bit, unsigned', false],
  ['_quantized', '8-bit, quantized', false],
  ['_q4', '4-bit', false],
  ['_q4f16', '4-bit and f16', true],
  ['_bnb4', '4-bit (bnb)', false],
  ['_q2', '2-bit', false],
  ['_q2f16', '2-bit and f16', true],
  ['_q1', '1-bit', false],
  ['_q1f16', '1-bit and f16', true],
];

/** Weights of another format, which may lie beside. */
const WEIGHTS = /^(model|pytorch_model|adapter_model)[.-]/;

/** Splits off the ending that says how exact a graph is. */
const GRAPH = new RegExp(`^(.*?)(${PRECISIONS.map(([ending]) => ending).join('|')})\\.onnx$`);

/** Decoders with a cache, as transformers.js names them; what lies beside them is a part of a model, or one without it. */
const DECODERS = ['model', 'decoder_model_merged'];

/** The files as they were picked, or those of the one zip that was. */
export async function folderSources(files: readonly FolderFile[]): Promise<readonly ByteSource[]> {
  const [first] = files;
  if (first && files.length === 1 && /\.zip$/i.test(first.name)) return openZip(blobSource(first.blob, first.name));
  return files.map(({ name, blob }) => blobSource(blob, name.replace(/^\.?\//, '')));
}

/** Throws a FormatError that names the file that is missing and says where it comes from. */
export function sortExportedFolder(given: readonly ByteSource[]): ExportedFolder {
  const files = given.filter(({ name }) => !isAppleDouble(name));
  const [config] = files.filter((file) => baseName(file.name) === 'config.json').sort((a, b) => depth(a) - depth(b));
  if (!config) throw missing('config.json', files);
  const root = config.name.slice(0, -'config.json'.length);
  const inside = files.filter((file) => file.name.startsWith(root));
  const beside = (name: string) => inside.find((file) => file.name === root + name);
  const tokenizer = beside('tokenizer.json');
  if (!tokenizer) throw missing('tokenizer.json', inside);
  const all = inside.filter((file) => file.name.endsWith('.onnx')).sort((a, b) => rankOf(a) - rankOf(b));
  if (all.length === 0) throw missing('onnx/model.onnx', inside);
  const decoders = all.filter(({ name }) => DECODERS.includes(GRAPH.exec(baseName(name))?.[1] ?? ''));
  const graphs = decoders.length > 0 ? decoders : all;
  return {
    name: folderName(root, config),
    config,
    tokenizer,
    tokenizerConfig: beside('tokenizer_config.json'),
    generationConfig: beside('generation_config.json'),
    chatTemplate: beside('chat_template.jinja'),
    graphs: graphs.map((file) => {
      const beside = inside.filter(({ name }) => name !== file.name && name.startsWith(folderOf(file)));
      return { file, externalData: beside.filter((other) => isDataOf(other, file)), beside };
    }),
    adapters: inside.filter(({ name }) => {
      const isWeights = WEIGHTS.test(baseName(name)) && !name.startsWith(`${root}adapters/`);
      return name.endsWith('.safetensors') && !isWeights;
    }),
  };
}

/**
 * A graph's bytes as a session takes them. `onRead` hears of each file, and may throw. Throws a FormatError that names the
 * file with weights that is missing.
 */
export async function readGraph(
  { file, beside }: ExportedGraph,
  onRead: (sizeBytes: number) => Promise<void> = async () => {},
): Promise<GraphBytes> {
  const read = async (source: ByteSource) => {
    await refuseLfsPointer(source);
    const bytes = await source.read(0, source.sizeBytes);
    await onRead(bytes.length);
    return bytes;
  };
  const graph = await read(file);
  const data: { path: string; data: Uint8Array }[] = [];
  for (const path of externalLocations(graph, file.name)) {
    const source = beside.find(({ name }) => name === folderOf(file) + path.replace(/^\.\//, ''));
    if (!source) {
      const why = `missing, and ${baseName(file.name)} keeps its weights in it; pick the whole folder, that file included`;
      throw new FormatError(path, why);
    }
    data.push({ path, data: await read(source) });
  }
  return { graph, externalData: data };
}

export function graphChoice(exported: Pick<ExportedGraph, 'file' | 'externalData'>): GraphChoice {
  const { file } = exported;
  const [, words = 'f32', needsF16 = false] = PRECISIONS[rankOf(file)] ?? [];
  return { file: file.name, precision: words, sizeBytes: graphBytes(exported), needsF16 };
}

export function graphBytes({ file, externalData }: Pick<ExportedGraph, 'file' | 'externalData'>): number {
  return [file, ...externalData].reduce((sum, each) => sum + each.sizeBytes, 0);
}

/** What WebAssembly addresses: weights of more bytes never fit. */
const WASM_BYTES = 2 ** 32;

/** Throws OnnxError, before anything is read, where no memory of the machine would be enough. */
export function checkFits(exported: Pick<ExportedGraph, 'file' | 'externalData'>, provider: Provider): void {
  const sizeBytes = graphBytes(exported);
  if (provider === 'webgpu' || sizeBytes < WASM_BYTES) return;
  throw new OnnxError(
    `${exported.file.name} and its data take ${(sizeBytes / 1e9).toFixed(1)} GB, and WebAssembly has 4 GB at most. Export it in f16 or 4-bit, or run it with WebGPU.`,
  );
}

/** An adapter's name for a person: its file's, without the ending. */
export function adapterName(file: ByteSource): string {
  return baseName(file.name).replace(/\.safetensors$/, '');
}

/** What config.json says of the model. */
export async function readConfig({
  config,
}: ExportedFolder): Promise<{ modelType: string; maxPositions: number | null }> {
  const json = parseJsonObject(await readText(config), config.name);
  const said = json.max_position_embeddings ?? json.n_positions;
  return {
    modelType: typeof json.model_type === 'string' ? json.model_type : 'unknown',
    maxPositions: typeof said === 'number' && said > 0 ? said : null,
  };
}

function depth({ name }: ByteSource): number {
  return name.split('/').length;
}

function rankOf({ name }: ByteSource): number {
  const ending = GRAPH.exec(baseName(name))?.[2] ?? '';
  return PRECISIONS.findIndex(([known]) => known === ending);
}

/** With its slash at the end. */
function folderOf({ name }: ByteSource): string {
  return name.slice(0, name.lastIndexOf('/') + 1);
}

function isDataOf(file: ByteSource, graph: ByteSource): boolean {
  const rest = file.name.startsWith(graph.name) ? file.name.slice(graph.name.length) : '';
  return /^(_data(_\d+)?|\.data)$/.test(rest);
}

function folderName(root: string, config: ByteSource): string {
  return root.split('/').filter(Boolean).at(-1) ?? (config.name === 'config.json' ? 'Exported model' : config.name);
}

function missing(name: string, files: readonly ByteSource[]): FormatError {
  const got = files.slice(0, 6).map((file) => file.name);
  const others = files.length > got.length ? ` and ${files.length - got.length} more` : '';
  const seen = got.length === 0 ? 'no files' : `${got.join(', ')}${others}`;
  const remedy = 'pick the whole folder as it was exported, or its zip';
  return new FormatError(name, `missing (got ${seen}); ${remedy}`);
}
