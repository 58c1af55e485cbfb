// A model, with an adapter merged in or as it is, as one GGUF file that llama.cpp runs: from a transformers folder, whose
// tokenizer and settings become metadata, or from a GGUF file, whose metadata stays.
import { type ByteSource, readText } from '../formats/byteSource.ts';
import { fromFloat32 } from '../formats/dtypes.ts';
import { ggufParts } from '../formats/ggufModel.ts';
import { llama3Factors } from '../formats/ggufRope.ts';
import { ggufVocabulary } from '../formats/ggufVocabulary.ts';
import { ROPE_FACTORS } from '../formats/ggufWeights.ts';
import { type GgufEntry, type GgufTensor, ggufEntry } from '../formats/ggufWriter.ts';
import { parseJsonObject } from '../formats/json.ts';
import type { ModelFolder } from '../formats/modelFolder.ts';
import { openWeights } from '../formats/openModel.ts';
import { readFloats } from '../formats/storedFloats.ts';
import type { ZipEntry } from '../formats/zipWriter.ts';
import type { Architecture } from '../model/architecture.ts';
import type { AdapterLayout } from './adapterSet.ts';
import { ggufArchitecture } from './ggufArchitecture.ts';
import { architectureEntries, baseModelEntries } from './ggufEntries.ts';
import { type GgufTensors, type GgufWeightType, ggufTensors } from './ggufTensors.ts';
import { type StoredUpdate, storedUpdates } from './merge.ts';

export interface GgufFileOptions {
  readonly type: GgufWeightType;
  /** The file's name, ending in .gguf. */
  readonly fileName: string;
  /** The model's, for people. */
  readonly title: string;
  /** Of the model before merging; an owner and a name, `owner/name`, is a Hub id. */
  readonly baseModel: string;
}

export interface GgufFile {
  readonly file: ZipEntry;
  /** What a person should know: types other than asked, what llama.cpp does otherwise. Whole sentences. */
  readonly notes: readonly string[];
}

/**
 * `adapter`: merged in, `block` its parameters, `layout.count` elements. Throws AdapterError for a model that llama.cpp
 * does not run as it is run here, FormatError for a tokenizer that GGUF cannot say; reading the file's bytes throws
 * AdapterError where a weight does not fit its type.
 */
export async function ggufFile(
  model: ModelFolder<ByteSource>,
  a: Architecture,
  adapter: { layout: AdapterLayout; block: Float32Array } | undefined,
  { type, fileName, title, baseModel }: GgufFileOptions,
): Promise<GgufFile> {
  const architecture = ggufArchitecture(a);
  const files = await openWeights(model);
  const updates = adapter ? storedUpdates(a, files, adapter.layout, adapter.block) : new Map<string, StoredUpdate>();
  const made = ggufTensors(a, architecture, files, updates, type);
  const notes = [...windowNotes(a), ...typeNotes(made, type, files.isGguf === true, adapter !== undefined)];
  const fileType: GgufEntry[] = [
    { key: 'general.file_type', type: 'u32', value: FILE_TYPES[type] },
    { key: 'general.quantization_version', type: 'u32', value: 2 },
  ];
  const named: GgufEntry = { key: 'general.name', type: 'string', value: title };
  if (files.isGguf) {
    const { entries, ropeFactors } = await ggufParts(model.weights);
    const kept = entries.filter(({ key }) => !isOfTheFileItself(key) && !(adapter && isOfItsOrigin(key)));
    const origin: GgufEntry[] = adapter ? [named, ...baseModelEntries(baseModel)] : [];
    const rope = ropeFactors ? [ropeTensor(await readFloats(ropeFactors, 0, ropeFactors.info.shape[0] ?? 0))] : [];
    return { file: ggufEntry(fileName, [...kept, ...origin, ...fileType], [...rope, ...made.tensors]), notes };
  }
  const vocabulary = ggufVocabulary(await tokenizerOf(model), a.vocabularySize);
  const entries: GgufEntry[] = [
    { key: 'general.architecture', type: 'string', value: architecture },
    { key: 'general.type', type: 'string', value: 'model' },
    named,
    ...baseModelEntries(baseModel),
    ...architectureEntries(a, architecture),
    ...fileType,
    ...vocabulary.entries,
  ];
  const rope = a.rotary?.type === 'llama3' ? [ropeTensor(llama3Factors(a.rotary))] : [];
  return { file: ggufEntry(fileName, entries, [...rope, ...made.tensors]), notes: [...notes, ...vocabulary.notes] };
}

/** llama.cpp's `llama_ftype`. */
const FILE_TYPES: Readonly<Record<GgufWeightType, number>> = { F32: 0, F16: 1, Q4_0: 2, Q8_0: 7 };

/** Said anew, or true only of how the base was cut into files or quantized. */
function isOfTheFileItself(key: string): boolean {
  return /^(general\.(file_type|quantization_version|alignment)$|split\.|quantize\.)/.test(key);
}

/** The base's name and where it was to be had: the merged model is another, and is not to be had there. */
function isOfItsOrigin(key: string): boolean {
  return /^general\.(source\.|base_model\.|name$|url$|repo_url$|doi$|uuid$)/.test(key);
}

function ropeTensor(values: Float32Array<ArrayBuffer>): GgufTensor {
  return {
    name: ROPE_FACTORS,
    dtype: 'F32',
    shape: [values.length],
    bytes: async function* () {
      yield fromFloat32(values, 'F32');
    },
  };
}

async function tokenizerOf(model: ModelFolder<ByteSource>) {
  const json = async (file: ByteSource | undefined) => file && parseJsonObject(await readText(file), file.name);
  return {
    tokenizer: await json(model.tokenizer),
    tokenizerConfig: await json(model.tokenizerConfig),
    generationConfig: await json(model.generationConfig),
    chatTemplate: model.chatTemplate && (await readText(model.chatTemplate)),
  };
}

function windowNotes({ slidingWindow, maxPositions }: Architecture): string[] {
  if (slidingWindow === undefined || slidingWindow >= maxPositions) return [];
  return [
    `llama.cpp runs this model without its sliding window of ${slidingWindow} tokens: longer texts come out otherwise.`,
  ];
}

function typeNotes(made: GgufTensors, type: GgufWeightType, isGguf: boolean, isMerged: boolean): string[] {
  const some = (names: readonly string[]) => names.slice(0, 3).join(', ') + (names.length > 3 ? ', …' : '');
  const { keptAsF16, keptAsStored } = made;
  const count = ({ length }: readonly string[]) => `${length} ${length === 1 ? 'matrix is' : 'matrices are'}`;
  const why = isMerged ? 'the adapter adds nothing to them' : 'they are blocks already';
  return [
    ...(keptAsF16.length > 0
      ? [`${count(keptAsF16)} F16, since no ${type} block divides their rows: ${some(keptAsF16)}.`]
      : []),
    ...(isGguf && keptAsStored.length > 0
      ? [`${count(keptAsStored)} kept in the types of the base, since ${why}: ${some(keptAsStored)}.`]
      : []),
  ];
}
