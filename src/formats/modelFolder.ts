/**
 * Which file of a folder is what: a transformers model, a PEFT adapter or a model in GGUF, dropped, picked, unzipped or listed by the
 * Hub. Files are told apart by name alone, so that a listing can be sorted before anything is fetched.
 */
import { FormatError } from './formatError.ts';
import { ggufShards, isGguf } from './ggufShards.ts';
import {
  baseName,
  isAppleDouble,
  type NamedFile,
  WEIGHTS_INDEX_NAME,
  WEIGHTS_NAME,
  weightNames,
} from './weightFiles.ts';

export interface ModelFolder<T extends NamedFile> {
  kind: 'model';
  config: T;
  /** safetensors files, and the index where there is one: what openWeightFiles takes. */
  weights: T[];
  tokenizer: T;
  tokenizerConfig: T | undefined;
  generationConfig: T | undefined;
  specialTokensMap: T | undefined;
  /** A Jinja template; where it is missing, tokenizerConfig may hold one. */
  chatTemplate: T | undefined;
}

export interface AdapterFolder<T extends NamedFile> {
  kind: 'adapter';
  config: T;
  weights: T;
  card: T | undefined;
}

/** One file, or all shards of one, in order. It needs no other files. */
export interface GgufFiles<T extends NamedFile> {
  kind: 'gguf';
  files: T[];
}

const FOREIGN_WEIGHTS: readonly [pattern: RegExp, remedy: string][] = [
  [
    /^(pytorch_model.*|consolidated.*|.*\.(bin|pt|pth|ckpt))$/,
    'these are PyTorch pickles, which can run code; convert them to safetensors (in Python: ' +
      'AutoModelForCausalLM.from_pretrained(folder).save_pretrained(folder)) or fetch a revision that has safetensors',
  ],
  [/\.onnx$/, 'ONNX cannot be trained here (the Playground runs it); fetch the safetensors files of the same model'],
  [/\.(h5|msgpack)$/, 'TensorFlow and Flax weights are not read here; convert them to safetensors with transformers'],
];

const depth = (path: string) => path.split('/').length;
const folderOf = (path: string) => path.slice(0, path.lastIndexOf('/') + 1);

/**
 * Sorts the files of one folder; files in folders beside or below it are ignored. The folder is the shallowest that
 * holds an adapter_config.json or a config.json; where none does, or only GGUF weights are there, it is a GGUF model.
 * Throws a FormatError that says which file is missing and where to get it.
 */
export function sortModelFiles<T extends NamedFile>(
  given: readonly T[],
): ModelFolder<T> | AdapterFolder<T> | GgufFiles<T> {
  const files = given.filter(({ name }) => !isAppleDouble(name));
  const roots = files
    .filter((file) => ['config.json', 'adapter_config.json'].includes(baseName(file.name)))
    .sort((a, b) => depth(a.name) - depth(b.name) || (a.name < b.name ? -1 : 1));
  const [root] = roots;
  if (root === undefined) return sortGguf(files) ?? refuse(missingConfig(files));
  const folder = folderOf(root.name);
  const sameDepth = roots.filter((other) => depth(other.name) === depth(root.name) && folderOf(other.name) !== folder);
  if (sameDepth.length > 0) {
    throw new FormatError(root.name, `${sameDepth[0]?.name} is there too; drop one folder at a time`);
  }
  const byName = new Map<string, T>();
  for (const file of files) if (folderOf(file.name) === folder) byName.set(baseName(file.name), file);
  const adapterConfig = byName.get('adapter_config.json');
  if (adapterConfig !== undefined && !hasModelWeights(byName)) return sortAdapter(adapterConfig, byName);
  const hasSafetensors = [...byName.keys()].some((name) => name.endsWith('.safetensors'));
  const gguf = hasSafetensors ? undefined : sortGguf([...byName.values()]);
  return gguf ?? sortModel(byName);
}

function refuse(error: FormatError): never {
  throw error;
}

/** The GGUF model of the shallowest folder that has one. */
function sortGguf<T extends NamedFile>(files: readonly T[]): GgufFiles<T> | undefined {
  const models = files.filter((file) => isGguf(file.name));
  const least = Math.min(...models.map((file) => depth(file.name)));
  const [first, ...others] = models.filter((file) => depth(file.name) === least);
  if (first === undefined) return undefined;
  const beside = [first, ...others.filter((file) => folderOf(file.name) === folderOf(first.name))];
  const shards = ggufShards(beside);
  return shards.length === 0 ? undefined : { kind: 'gguf', files: shards };
}

function hasModelWeights(byName: ReadonlyMap<string, unknown>): boolean {
  return byName.has(WEIGHTS_NAME) || byName.has(WEIGHTS_INDEX_NAME);
}

function missingConfig(files: readonly NamedFile[]): FormatError {
  const names = files.map((file) => file.name);
  if (names.some((name) => baseName(name) === 'adapter_model.safetensors')) {
    return new FormatError('adapter_config.json', 'missing; PEFT writes it beside adapter_model.safetensors');
  }
  const got = names.length === 0 ? 'no files' : names.slice(0, 8).join(', ');
  return new FormatError('config.json', `missing (got ${got}); it lies beside the weights where the model came from`);
}

function sortAdapter<T extends NamedFile>(config: T, byName: ReadonlyMap<string, T>): AdapterFolder<T> {
  const weights = byName.get('adapter_model.safetensors');
  if (weights !== undefined) return { kind: 'adapter', config, weights, card: byName.get('README.md') };
  const pickle = byName.has('adapter_model.bin');
  throw new FormatError(
    'adapter_model.safetensors',
    pickle
      ? 'missing; adapter_model.bin is a PyTorch pickle, which can run code: load it with PEFT and save it again'
      : 'missing; PEFT writes it beside adapter_config.json',
  );
}

function sortModel<T extends NamedFile>(byName: ReadonlyMap<string, T>): ModelFolder<T> {
  const config = byName.get('config.json');
  if (config === undefined) throw missingConfig([...byName.values()]);
  const tokenizer = byName.get('tokenizer.json');
  if (tokenizer === undefined) {
    const others = ['vocab.json', 'merges.txt', 'tokenizer.model', 'spiece.model'].filter((name) => byName.has(name));
    const remedy = 'make it in Python: AutoTokenizer.from_pretrained(folder).save_pretrained(folder)';
    throw new FormatError(
      'tokenizer.json',
      others.length === 0
        ? 'missing; it lies beside config.json where the model came from'
        : `missing, and ${others.join(', ')} will not do; ${remedy}`,
    );
  }
  return {
    kind: 'model',
    config,
    weights: sortWeights(byName),
    tokenizer,
    tokenizerConfig: byName.get('tokenizer_config.json'),
    generationConfig: byName.get('generation_config.json'),
    specialTokensMap: byName.get('special_tokens_map.json'),
    chatTemplate: byName.get('chat_template.jinja'),
  };
}

/** The whole file alone where there is one, as transformers prefers it; else every shard and the index. */
function sortWeights<T extends NamedFile>(byName: ReadonlyMap<string, T>): T[] {
  const whole = byName.get(WEIGHTS_NAME);
  if (whole !== undefined) return [whole];
  const names = [...byName.keys()];
  const weights = weightNames(names);
  if (weights.length > 0) {
    return [...weights, WEIGHTS_INDEX_NAME].map((name) => byName.get(name)).filter((file) => file !== undefined);
  }
  for (const [pattern, remedy] of FOREIGN_WEIGHTS) {
    const found = names.filter((name) => pattern.test(name));
    if (found.length > 0) throw new FormatError(WEIGHTS_NAME, `missing; got ${found.join(', ')}: ${remedy}`);
  }
  throw new FormatError(WEIGHTS_NAME, 'missing; it lies beside config.json where the model came from');
}
