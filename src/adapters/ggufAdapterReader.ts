// A GGUF LoRA adapter as llama.cpp loads it, read for a model: names, order of rows and scaling back into ours. What such
// a file leaves out (dropout, rsLoRA) makes no difference to what it computes.
import { BLOCK_TYPES, isBlockDtype } from '../formats/blockTypes.ts';
import type { ByteSource } from '../formats/byteSource.ts';
import { isFloatDtype } from '../formats/dtypes.ts';
import { FormatError } from '../formats/formatError.ts';
import { type GgufHeader, readGgufHeader } from '../formats/gguf.ts';
import { GgufMetadata } from '../formats/ggufMetadata.ts';
import { reorderedHeads } from '../formats/ggufRows.ts';
import { ggufTensorName, hasPermutedRows } from '../formats/ggufWeights.ts';
import type { AdapterConfig } from '../formats/peft.ts';
import { readFloats } from '../formats/storedFloats.ts';
import type { StoredInfo } from '../formats/weightFiles.ts';
import type { Architecture } from '../model/architecture.ts';
import { ggufArchitecture } from './ggufArchitecture.ts';
import { type ImportedAdapter, parametersOf, specOf } from './importedAdapter.ts';
import { type PeftModule, peftModules, peftTargetName } from './peftModules.ts';

interface Factors {
  readonly module: PeftModule;
  readonly ggufName: string;
  readonly rank: number;
  readonly a: StoredInfo;
  readonly b: StoredInfo;
}

/**
 * Reads a GGUF LoRA adapter for a model. Throws a FormatError that names the key or tensor: no LoRA adapter, one for
 * another architecture, tensors that are no factors of a linear layer, shapes that are not the model's.
 */
export async function readGgufAdapter(files: readonly ByteSource[], a: Architecture): Promise<ImportedAdapter> {
  const [source, other] = files;
  if (!source) throw new FormatError('adapter.gguf', 'missing');
  if (other) throw new FormatError(other.name, 'several files; a GGUF adapter is one');
  const header = await readGgufHeader(source);
  const metadata = new GgufMetadata(source.name, header.metadata);
  checkKind(metadata, a);
  const factors = pairedFactors(source.name, header, a);
  const alpha = metadata.number('adapter.lora.alpha') || undefined;
  const values = new Map<string, Record<'a' | 'b', Float32Array>>();
  for (const { module, ggufName, rank, a: down, b: up } of factors) {
    const stored = await valuesOf(source, up);
    const rows = hasPermutedRows(ggufArchitecture(a), ggufName)
      ? reorderedHeads(new Uint8Array(stored.buffer), 4 * rank, a.headDim, 'fromGguf')
      : new Uint8Array(stored.buffer);
    values.set(module.path, { a: await valuesOf(source, down), b: new Float32Array(rows.buffer) });
  }
  const config = configOf(a, factors, alpha, baseModelOf(metadata));
  const named = factors.map(({ module }) => module);
  return {
    config,
    spec: specOf(config, named, a),
    parametersFor: (layout) => parametersOf(values, layout, source.name),
  };
}

function checkKind(metadata: GgufMetadata, a: Architecture): void {
  const type = metadata.text('general.type') ?? 'model';
  if (type !== 'adapter') {
    throw metadata.fail(`general.type: expected "adapter", got ${JSON.stringify(type)}; a model is loaded as one`);
  }
  const kind = metadata.text('adapter.type');
  if (kind !== 'lora') throw metadata.fail(`adapter.type: expected "lora", got ${JSON.stringify(kind)}`);
  const name = metadata.text('general.architecture');
  const expected = ggufArchitecture(a);
  if (name !== expected) {
    throw metadata.fail(
      `general.architecture: expected ${JSON.stringify(expected)} for this ${a.modelType} model, got ${JSON.stringify(name)}; is it an adapter for another model?`,
    );
  }
  const invocation = 'adapter.alora.invocation_tokens';
  if (metadata.has(invocation)) throw metadata.fail(`${invocation}: activated LoRA is not supported`);
}

/** A and B of every module, in the model's order. */
function pairedFactors(fileName: string, { tensors }: GgufHeader, a: Architecture): Factors[] {
  const fail = (problem: string) => new FormatError(fileName, problem);
  const left = new Map(tensors);
  const factors: Factors[] = [];
  for (const module of peftModules(a).values()) {
    const ggufName = ggufTensorName(ggufArchitecture(a), `${module.path}.weight`);
    const [down, up] = [left.get(`${ggufName}.lora_a`), left.get(`${ggufName}.lora_b`)];
    if (!down && !up) continue;
    if (!down || !up) throw fail(`${ggufName} has no lora_${down ? 'b' : 'a'}; fetch or convert the adapter again`);
    left.delete(down.name);
    left.delete(up.name);
    const [rank = 0] = down.shape;
    const { inFeatures, colCount } = module.place;
    const isRight = down.shape.join() === [rank, inFeatures].join() && up.shape.join() === [colCount, rank].join();
    if (!isRight) {
      const expected = `expected lora_a [r, ${inFeatures}] and lora_b [${colCount}, r] for this ${a.modelType} model`;
      throw fail(`${ggufName}: ${expected}, got [${down.shape}] and [${up.shape}]; is it for another model?`);
    }
    factors.push({ module, ggufName, rank, a: down, b: up });
  }
  const [unknown] = left.keys();
  if (unknown !== undefined) {
    const known = 'the linear layers of attention and MLP can be adapted';
    throw fail(
      `tensor ${JSON.stringify(unknown)}: this ${a.modelType} model of ${a.layers} layers has no place for it (${known})`,
    );
  }
  if (factors.length === 0) throw fail('expected LoRA factors, got no tensors');
  return factors;
}

async function valuesOf(source: ByteSource, info: StoredInfo): Promise<Float32Array<ArrayBuffer>> {
  const { dtype, shape, name } = info;
  const isWhole = isBlockDtype(dtype) && (shape.at(-1) ?? 0) % BLOCK_TYPES[dtype].elements === 0;
  if (!isFloatDtype(dtype) && !isWhole)
    throw new FormatError(source.name, `${name}: stored as ${dtype}, which is not read`);
  const [rows = 0, cols = 0] = shape;
  return readFloats({ source, info }, 0, rows * cols);
}

/** As PEFT would say it. Without an alpha llama.cpp adds B·A as it is, which is an alpha of each rank. */
function configOf(
  a: Architecture,
  factors: readonly Factors[],
  alpha: number | undefined,
  baseModel: string | null,
): AdapterConfig {
  const rank = usualRank(factors);
  const others = factors.filter((module) => module.rank !== rank);
  const ranks = others.map(({ module, rank: own }) => [module.path, own] as const);
  const layers = [...new Set(factors.map(({ module }) => module.layer))];
  const names = [...new Set(factors.map(({ module }) => peftTargetName(a, module.place)))];
  const isGrid = factors.length === names.length * layers.length;
  return {
    baseModel,
    revision: null,
    taskType: 'CAUSAL_LM',
    rank,
    alpha: alpha ?? rank,
    dropout: 0,
    targetModules: (isGrid ? names : factors.map(({ module }) => module.path)).sort(),
    fanInFanOut: a.isConv1D,
    useRslora: false,
    layersToTransform: isGrid && layers.length < a.layers ? layers : null,
    layersPattern: null,
    rankPattern: Object.fromEntries(ranks),
    alphaPattern: alpha === undefined ? Object.fromEntries(ranks) : {},
  };
}

function usualRank(factors: readonly Factors[]): number {
  const counts = new Map<number, number>();
  for (const { rank } of factors) counts.set(rank, (counts.get(rank) ?? 0) + 1);
  const [[rank] = [1]] = [...counts].sort(([, x], [, y]) => y - x);
  return rank;
}

function baseModelOf(metadata: GgufMetadata): string | null {
  const url = metadata.text('general.base_model.0.repo_url')?.replace(/^https:\/\/huggingface\.co\//, '');
  if (url !== undefined && /^[\w.-]+\/[\w.-]+$/.test(url)) return url;
  return metadata.text('general.base_model.0.name') ?? null;
}
