/**
 * A PEFT LoRA adapter folder: `adapter_config.json` and the names of the tensors in `adapter_model.safetensors`.
 *
 * Writing keeps to the long-lived subset of keys, byte for byte as PEFT 0.21 writes them. Reading takes any PEFT LoRA
 * configuration whose product is plain low-rank updates, and refuses by name each setting that would make the numbers
 * differ; keys it does not know are left alone, as PEFT leaves them.
 */
import { z } from 'zod';
import type { ByteSource } from './byteSource.ts';
import { readText } from './byteSource.ts';
import { FormatError } from './formatError.ts';
import { isJsonObject, type JsonObject, parseJsonObject } from './json.ts';
import { PythonFloat, pythonJson } from './pythonJson.ts';
import type { SafetensorsHeader, TensorInfo } from './safetensors.ts';

export interface AdapterConfig {
  baseModel: string | null;
  revision: string | null;
  taskType: string | null;
  rank: number;
  alpha: number;
  dropout: number;
  /** Module names matched by suffix, or one regular expression over the whole path, or `all-linear`. */
  targetModules: string[] | string;
  /** Modules left out although targetModules names them, in the same ways. */
  excludeModules?: string[] | string;
  /** True when the base layer holds its weight as [in, out], as GPT-2's Conv1D does. */
  fanInFanOut: boolean;
  /** Scaling alpha / sqrt(rank) instead of alpha / rank. */
  useRslora: boolean;
  layersToTransform: number[] | null;
  layersPattern: string | string[] | null;
  /** Rank and alpha of modules that differ from the rest, by name or regular expression. */
  rankPattern: Record<string, number>;
  alphaPattern: Record<string, number>;
}

const rank = z.int().min(1).max(65_536);
/** PEFT takes any: 0 switches a module off, a negative one takes its update away. */
const alpha = z.number();
const layers = z.union([z.array(z.int().min(0)), z.int().min(0)]).nullish();

const configSchema = z.looseObject({
  base_model_name_or_path: z.string().nullish(),
  revision: z.string().nullish(),
  task_type: z.string().nullish(),
  r: rank,
  lora_alpha: alpha,
  lora_dropout: z.number().min(0).lt(1).default(0),
  target_modules: z.union([z.array(z.string()).min(1), z.string().min(1)]),
  exclude_modules: z.union([z.array(z.string()), z.string()]).nullish(),
  fan_in_fan_out: z.boolean().default(false),
  use_rslora: z.boolean().default(false),
  layers_to_transform: layers,
  layers_pattern: z.union([z.array(z.string()), z.string()]).nullish(),
  rank_pattern: z.record(z.string().max(512), rank).nullish(),
  alpha_pattern: z.record(z.string().max(512), alpha).nullish(),
});

/** Settings that change what the adapter computes, and the values under which it is plain LoRA all the same. */
const REFUSED_UNLESS_EMPTY: readonly [field: string, meaning: string][] = [
  ['use_dora', 'DoRA'],
  ['modules_to_save', 'whole modules trained beside LoRA'],
  ['trainable_token_indices', 'trained token embeddings'],
  ['target_parameters', 'LoRA on bare parameters'],
  ['lora_bias', 'a bias in lora_B'],
  ['layer_replication', 'replicated layers'],
  ['alora_invocation_tokens', 'activated LoRA'],
  ['use_qalora', 'QALoRA'],
  ['use_bdlora', 'block-diagonal LoRA'],
  ['arrow_config', 'Arrow routing'],
  ['kasa_config', 'KaSA'],
  ['monteclora_config', 'MonteCLoRA'],
  ['megatron_config', 'Megatron layers'],
];

/** Starts that leave the base weights as they are; the others train against a changed base. */
const PLAIN_STARTS: readonly unknown[] = [undefined, null, true, false, 'gaussian', 'eva', 'orthogonal', 'mica'];

const SUPPORTED = 'supported are plain LoRA and rsLoRA adapters without bias';

function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null || value === false) return true;
  return Array.isArray(value) ? value.length === 0 : isJsonObject(value) && Object.keys(value).length === 0;
}

/** Reads adapter_config.json. Throws a FormatError that names the field and says what is supported. */
export async function readAdapterConfig(source: ByteSource): Promise<AdapterConfig> {
  return parseAdapterConfig(await readText(source, 4 << 20), source.name);
}

/** As readAdapterConfig, from text. */
export function parseAdapterConfig(text: string, fileName = 'adapter_config.json'): AdapterConfig {
  const json = parseJsonObject(text, fileName);
  refuseOtherMethods(json, fileName);
  const parsed = configSchema.safeParse(json);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new FormatError(
      fileName,
      `${issue?.path.join('.') ?? 'configuration'}: ${issue?.message ?? 'not understood'}`,
    );
  }
  const config = parsed.data;
  const transformed = config.layers_to_transform ?? null;
  return {
    baseModel: config.base_model_name_or_path ?? null,
    revision: config.revision ?? null,
    taskType: config.task_type ?? null,
    rank: config.r,
    alpha: config.lora_alpha,
    dropout: config.lora_dropout,
    targetModules: config.target_modules,
    ...(config.exclude_modules?.length ? { excludeModules: config.exclude_modules } : {}),
    fanInFanOut: config.fan_in_fan_out,
    useRslora: config.use_rslora,
    layersToTransform: typeof transformed === 'number' ? [transformed] : transformed,
    layersPattern: config.layers_pattern ?? null,
    rankPattern: checkPatterns('rank_pattern', config.rank_pattern ?? {}, fileName),
    alphaPattern: checkPatterns('alpha_pattern', config.alpha_pattern ?? {}, fileName),
  };
}

function refuseOtherMethods(json: JsonObject, fileName: string): void {
  const fail = (field: string, problem: string) => new FormatError(fileName, `${field}: ${problem}; ${SUPPORTED}`);
  if (json.peft_type !== 'LORA') throw fail('peft_type', `expected "LORA", got ${JSON.stringify(json.peft_type)}`);
  if (json.bias !== undefined && json.bias !== 'none') {
    throw fail('bias', `expected "none", got ${JSON.stringify(json.bias)}`);
  }
  for (const [field, meaning] of REFUSED_UNLESS_EMPTY) {
    if (!isEmpty(json[field])) throw fail(field, `${meaning} is not supported`);
  }
  if (!PLAIN_STARTS.includes(json.init_lora_weights)) {
    const start = JSON.stringify(json.init_lora_weights);
    const remedy = 'save it in PEFT with path_initial_model_for_weight_conversion, which makes plain LoRA of it';
    throw fail('init_lora_weights', `${start} trains against a changed base model; ${remedy}`);
  }
}

function checkPatterns(field: string, patterns: Record<string, number>, fileName: string): Record<string, number> {
  for (const pattern of Object.keys(patterns)) {
    try {
      pythonRegExp(pattern);
    } catch {
      throw new FormatError(fileName, `${field}: ${JSON.stringify(pattern)} is not a name or regular expression`);
    }
  }
  return patterns;
}

/** Python writes a named group `(?P<name>…)`. Throws a SyntaxError. */
export function pythonRegExp(source: string): RegExp {
  return new RegExp(source.replaceAll('(?P<', '(?<'));
}

/** The text of adapter_config.json. PEFT's own file has no newline at its end, nor has this. */
export function formatAdapterConfig(config: AdapterConfig): string {
  return pythonJson({
    alpha_pattern: config.alphaPattern,
    auto_mapping: null,
    base_model_name_or_path: config.baseModel,
    bias: 'none',
    ...(config.excludeModules ? { exclude_modules: config.excludeModules } : {}),
    fan_in_fan_out: config.fanInFanOut,
    inference_mode: true,
    init_lora_weights: true,
    layers_pattern: config.layersPattern,
    layers_to_transform: config.layersToTransform,
    lora_alpha: config.alpha,
    lora_dropout: new PythonFloat(config.dropout),
    modules_to_save: null,
    peft_type: 'LORA',
    r: config.rank,
    rank_pattern: config.rankPattern,
    revision: config.revision,
    target_modules: config.targetModules,
    task_type: config.taskType,
    use_dora: false,
    use_rslora: config.useRslora,
  });
}

function fromPattern(patterns: Record<string, number>, modulePath: string): number | undefined {
  const key = Object.keys(patterns).find((pattern) => pythonRegExp(`^(.*\\.)?(${pattern})$`).test(modulePath));
  return key === undefined ? undefined : patterns[key];
}

/** The rank and the scaling of one module, patterns included; `modulePath` as in parseAdapterKey. */
export function moduleScaling(
  config: AdapterConfig,
  modulePath: string,
): { rank: number; alpha: number; scaling: number } {
  const moduleRank = fromPattern(config.rankPattern, modulePath) ?? config.rank;
  const moduleAlpha = fromPattern(config.alphaPattern, modulePath) ?? config.alpha;
  const divisor = config.useRslora ? Math.sqrt(moduleRank) : moduleRank;
  return { rank: moduleRank, alpha: moduleAlpha, scaling: moduleAlpha / divisor };
}

/** A state dictionary saved by hand keeps the adapter's name, `default`, in its keys. */
const KEY = /^base_model\.model\.(.+)\.lora_([AB])(?:\.default)?\.weight$/;

export interface AdapterKey {
  /** The path of the adapted layer in the base model, such as `model.layers.0.self_attn.q_proj`. */
  modulePath: string;
  factor: 'A' | 'B';
}

export function formatAdapterKey({ modulePath, factor }: AdapterKey): string {
  return `base_model.model.${modulePath}.lora_${factor}.weight`;
}

/** Undefined when the key is not that of a LoRA factor. */
export function parseAdapterKey(key: string): AdapterKey | undefined {
  const [, modulePath, factor] = KEY.exec(key) ?? [];
  return modulePath === undefined ? undefined : { modulePath, factor: factor === 'A' ? 'A' : 'B' };
}

/** Modules of the families that are no linear layer of a block, which PEFT can adapt and this engine cannot. */
export const TABLES = ['embed_tokens', 'wte', 'wpe', 'lm_head'];

function tableText(key: string): string {
  const table = TABLES.find((name) => key.split('.').includes(name));
  if (table === undefined) return '';
  const isWhole = !key.includes('.lora_') && !key.includes('.base_layer.');
  return isWhole ? ` but the whole ${table}, saved beside LoRA` : `: LoRA on ${table} is not supported`;
}

/** One adapted layer in the file. a: [rank, in], b: [out, rank]. */
export interface AdapterModule {
  rank: number;
  a: TensorInfo;
  b: TensorInfo;
}

/**
 * Pairs the factors of adapter_model.safetensors by module path. Throws a FormatError for a key that is no LoRA
 * factor, a factor without its partner, shapes that do not meet, or a rank other than the configuration's.
 */
export function indexAdapterTensors(
  header: SafetensorsHeader,
  config: AdapterConfig,
  fileName: string,
): Map<string, AdapterModule> {
  const factors = { A: new Map<string, TensorInfo>(), B: new Map<string, TensorInfo>() };
  for (const info of header.tensors.values()) {
    const key = parseAdapterKey(info.name);
    if (key === undefined)
      throw new FormatError(fileName, `${info.name} is not a LoRA factor${tableText(info.name)}; ${SUPPORTED}`);
    factors[key.factor].set(key.modulePath, info);
  }
  const modules = new Map<string, AdapterModule>();
  for (const path of new Set([...factors.A.keys(), ...factors.B.keys()])) {
    const a = factors.A.get(path);
    const b = factors.B.get(path);
    if (a === undefined || b === undefined) {
      throw new FormatError(fileName, `${path} has no lora_${a === undefined ? 'A' : 'B'}; fetch or save it again`);
    }
    const [rankOfA] = a.shape;
    const expected = moduleScaling(config, path).rank;
    if (a.shape.length !== 2 || b.shape.length !== 2 || rankOfA !== expected || b.shape[1] !== expected) {
      const got = `lora_A [${a.shape.join(', ')}] and lora_B [${b.shape.join(', ')}]`;
      throw new FormatError(fileName, `${path}: expected factors of rank ${expected}, got ${got}`);
    }
    modules.set(path, { rank: expected, a, b });
  }
  if (modules.size === 0) throw new FormatError(fileName, 'expected LoRA factors, got no tensors');
  return modules;
}
