// The frozen weights as tensors: declared from the architecture alone, so that their bytes are known before anything is
// loaded, then filled from weight files. Each matrix remembers which stored tensors its rows come from.
import type { WeightFiles } from '../formats/weightFiles.ts';
import { elementCount, newTensor, storedBytes, type Tensor } from '../gpu/tensor.ts';
import { PART_ROWS_MULTIPLE, type WeightMatrix, type WeightPart, type WeightType } from '../ops/weightMatrix.ts';
import type { Architecture } from './architecture.ts';
import { LINEARS, type LinearName, linearShape } from './linears.ts';
import { type MatrixRole, typeToKeep, type WeightStorage } from './weightStorage.ts';

/** A stored tensor that becomes rows of a matrix, or part of a vector. */
export interface StoredRows {
  readonly name: string;
  readonly rows: number;
  /** The family stores [in, out] (GPT-2). */
  readonly transposed: boolean;
  /** How these rows are kept on the GPU. */
  readonly type: WeightType;
}

export interface FrozenMatrix {
  readonly matrix: WeightMatrix;
  readonly stored: readonly StoredRows[];
}

/** Always f32: norms and biases are small. */
export interface FrozenVector {
  readonly tensor: Tensor;
  readonly stored: readonly StoredRows[];
}

export interface FrozenNorm {
  readonly weight: FrozenVector;
  /** LayerNorm only. */
  readonly bias: FrozenVector | undefined;
}

export interface FrozenBlock {
  readonly norm1: FrozenNorm;
  readonly norm2: FrozenNorm;
  readonly linears: Readonly<Record<LinearName, { weight: FrozenMatrix; bias: FrozenVector | undefined }>>;
  readonly qNorm: FrozenVector | undefined;
  readonly kNorm: FrozenVector | undefined;
}

export interface FrozenModel {
  readonly architecture: Architecture;
  readonly storage: WeightStorage;
  readonly embedding: FrozenMatrix;
  readonly positions: FrozenMatrix | undefined;
  readonly blocks: readonly FrozenBlock[];
  readonly finalNorm: FrozenNorm;
  /** The embedding itself where the two are tied. */
  readonly head: FrozenMatrix;
  /** Stored matrices that `storage` cannot hold, and which are kept as f16 instead. */
  readonly keptAsF16: readonly string[];
}

/**
 * Every weight of the model, unplaced. `maxBindingBytes` decides where large matrices are cut by rows. `files` are needed
 * for the storage `file`, whose types are theirs; ModelError where they lack a matrix.
 */
export function declareModel(
  a: Architecture,
  storage: WeightStorage,
  maxBindingBytes: number,
  files?: WeightFiles,
): FrozenModel {
  const keptAsF16: string[] = [];
  const matrix = (
    name: string,
    cols: number,
    role: MatrixRole,
    modules: readonly { name: string; rows: number }[],
    transposed = false,
  ): FrozenMatrix => {
    const stored = modules.map((module) => {
      const { type, isInstead } = typeToKeep(storage, role, module.name, cols, files);
      if (isInstead) keptAsF16.push(module.name);
      return { ...module, transposed, type };
    });
    return { matrix: declareMatrix(name, cols, stored, maxBindingBytes), stored };
  };
  const vector = (...names: [string, number][]): FrozenVector => {
    const stored = names.map(([name, rows]) => ({ name, rows, transposed: false, type: 'f32' as const }));
    const size = stored.reduce((sum, part) => sum + part.rows, 0);
    return { tensor: newTensor(stored[0]!.name, [size]), stored };
  };
  const norm = (name: string): FrozenNorm => ({
    weight: vector([`${name}.weight`, a.hiddenSize]),
    bias: a.norm.kind === 'layer' ? vector([`${name}.bias`, a.hiddenSize]) : undefined,
  });
  const names = a.isConv1D ? GPT2_NAMES : LLAMA_NAMES;
  const block = (layer: number): FrozenBlock => {
    const at = `${names.block}.${layer}`;
    const linear = (which: LinearName) => {
      const { cols, inner } = linearShape(a, which);
      const modules = modulesOf(a, which, cols);
      return {
        weight: matrix(
          `${at}.${which}`,
          inner,
          'linear',
          modules.map(({ module, rows }) => ({ name: `${at}.${module}.weight`, rows })),
          a.isConv1D,
        ),
        bias: hasBias(a, which)
          ? vector(...modules.map(({ module, rows }): [string, number] => [`${at}.${module}.bias`, rows]))
          : undefined,
      };
    };
    return {
      norm1: norm(`${at}.${names.norm1}`),
      norm2: norm(`${at}.${names.norm2}`),
      linears: { qkv: linear('qkv'), o: linear('o'), up: linear('up'), down: linear('down') },
      qNorm: a.hasQkNorm ? vector([`${at}.self_attn.q_norm.weight`, a.headDim]) : undefined,
      kNorm: a.hasQkNorm ? vector([`${at}.self_attn.k_norm.weight`, a.headDim]) : undefined,
    };
  };
  const table = (name: string, rows: number, role: MatrixRole) => matrix(name, a.hiddenSize, role, [{ name, rows }]);
  const embedding = table(names.embedding, a.vocabularySize, 'vocabulary');
  return {
    architecture: a,
    storage,
    embedding,
    positions: a.rotary ? undefined : table('wpe.weight', a.maxPositions, 'positions'),
    blocks: Array.from({ length: a.layers }, (_, layer) => block(layer)),
    finalNorm: norm(names.finalNorm),
    head: a.isTied ? embedding : table('lm_head.weight', a.vocabularySize, 'vocabulary'),
    keptAsF16,
  };
}

/** Names below the base model; `findStored` tries the prefixes that families save them under. */
const GPT2_NAMES = { block: 'h', norm1: 'ln_1', norm2: 'ln_2', finalNorm: 'ln_f', embedding: 'wte.weight' };
const LLAMA_NAMES = {
  block: 'layers',
  norm1: 'input_layernorm',
  norm2: 'post_attention_layernorm',
  finalNorm: 'norm',
  embedding: 'embed_tokens.weight',
};

function modulesOf(a: Architecture, which: LinearName, cols: number): { module: string; rows: number }[] {
  if (a.isConv1D) {
    const module = { qkv: 'attn.c_attn', o: 'attn.c_proj', up: 'mlp.c_fc', down: 'mlp.c_proj' }[which];
    return [{ module, rows: cols }];
  }
  const [q, kv] = [a.heads * a.headDim, a.kvHeads * a.headDim];
  switch (which) {
    case 'qkv':
      return [
        { module: 'self_attn.q_proj', rows: q },
        { module: 'self_attn.k_proj', rows: kv },
        { module: 'self_attn.v_proj', rows: kv },
      ];
    case 'o':
      return [{ module: 'self_attn.o_proj', rows: cols }];
    case 'up':
      return [
        { module: 'mlp.gate_proj', rows: a.mlpSize },
        { module: 'mlp.up_proj', rows: a.mlpSize },
      ];
    case 'down':
      return [{ module: 'mlp.down_proj', rows: cols }];
  }
}

function hasBias(a: Architecture, which: LinearName): boolean {
  if (which === 'qkv') return a.hasQkvBias;
  if (which === 'o') return a.hasOutputBias;
  return a.hasMlpBias;
}

/** One part for each run of rows of one type, cut where it is more than one binding holds. */
function declareMatrix(
  name: string,
  cols: number,
  stored: readonly StoredRows[],
  maxBindingBytes: number,
): WeightMatrix {
  const runs: { type: WeightType; rows: number }[] = [];
  for (const { type, rows } of stored) {
    const last = runs.at(-1);
    if (last?.type === type) last.rows += rows;
    else runs.push({ type, rows });
  }
  const parts: WeightPart[] = [];
  let rowStart = 0;
  for (const run of runs) {
    const rowBytes = storedBytes(cols * 2, run.type) / 2;
    const most = Math.max(1, Math.floor(maxBindingBytes / rowBytes / PART_ROWS_MULTIPLE)) * PART_ROWS_MULTIPLE;
    for (let done = 0; done < run.rows; done += most) {
      const count = Math.min(most, run.rows - done);
      const label = runs.length > 1 || run.rows > most ? `${name} rows ${rowStart}…` : name;
      parts.push({ tensor: newTensor(label, [count, cols], { type: run.type }), rowStart });
      rowStart += count;
    }
  }
  return { rows: rowStart, cols, parts };
}

/** Every matrix and vector once (a tied head is not repeated). */
export function allMatrices(model: FrozenModel): FrozenMatrix[] {
  const { embedding, positions, head, blocks } = model;
  return [
    embedding,
    ...(positions ? [positions] : []),
    ...blocks.flatMap((block) => LINEARS.map((which) => block.linears[which].weight)),
    ...(head === embedding ? [] : [head]),
  ];
}

export function allVectors(model: FrozenModel): FrozenVector[] {
  const ofNorm = (norm: FrozenNorm) => [norm.weight, ...(norm.bias ? [norm.bias] : [])];
  const ofBlock = (block: FrozenBlock) => [
    ...ofNorm(block.norm1),
    ...ofNorm(block.norm2),
    ...LINEARS.flatMap((which) => block.linears[which].bias ?? []),
    ...(block.qNorm && block.kNorm ? [block.qNorm, block.kNorm] : []),
  ];
  return [...model.blocks.flatMap(ofBlock), ...ofNorm(model.finalNorm)];
}

/** Parameters as transformers counts them, a tied head once. */
export function parameterCount(model: FrozenModel): number {
  const matrices = allMatrices(model).reduce((sum, { matrix }) => sum + matrix.rows * matrix.cols, 0);
  return allVectors(model).reduce((sum, { tensor }) => sum + elementCount(tensor.shape), matrices);
}

/** Every tensor of the model, for placing, freeing and counting bytes. */
export function allTensors(model: FrozenModel): Tensor[] {
  return [
    ...allMatrices(model).flatMap(({ matrix }) => matrix.parts.map((part) => part.tensor)),
    ...allVectors(model).map(({ tensor }) => tensor),
  ];
}
