// How each matrix is kept on the GPU, given what was asked for: the element type of a stored tensor's rows.
import { GPU_BLOCKS, isRepacked } from '../formats/repackBlocks.ts';
import type { WeightFiles, WeightTensor } from '../formats/weightFiles.ts';
import { BLOCKS, isBlockType } from '../gpu/tensor.ts';
import type { WeightType } from '../ops/weightMatrix.ts';
import { ModelError } from './modelError.ts';

/** `file`: each matrix as the files have it. */
export type WeightStorage = 'f32' | 'f16' | 'bf16' | 'q8' | 'q4' | 'nf4' | 'file';

/** A block's linear; a table by token, embedding or head; GPT-2's learned positions. */
export type MatrixRole = 'linear' | 'vocabulary' | 'positions';

/** What families put before a tensor's name, depending on which class saved it. */
const PREFIXES = ['', 'model.', 'transformer.'];

/** The stored tensor of this name under any known prefix. */
export function storedOrNone(files: WeightFiles, name: string): WeightTensor | undefined {
  for (const prefix of PREFIXES) {
    const found = files.tensors.get(prefix + name);
    if (found) return found;
  }
  return undefined;
}

/** Of two tied tensors some files hold the head alone. */
const TIED_TO_HEAD = ['embed_tokens.weight', 'wte.weight'];
export const HEAD = 'lm_head.weight';

/** As storedOrNone, the head where there is no embedding. Throws ModelError when there is none. */
export function findStored(files: WeightFiles, name: string): WeightTensor {
  const found = storedOrNone(files, name) ?? (TIED_TO_HEAD.includes(name) ? storedOrNone(files, HEAD) : undefined);
  if (found) return found;
  throw new ModelError(`The weights have no tensor ${name} (nor model.${name}); is this the whole model?`);
}

/**
 * Where q4 and nf4 hold the linears, embedding and head are q8: every token meets them directly, and llama.cpp does much
 * the same. Positions are f16. Rows that are no whole number of blocks are f16 instead, and so are blocks of a file that no
 * kernel reads.
 */
export function typeToKeep(
  storage: WeightStorage,
  role: MatrixRole,
  name: string,
  cols: number,
  files?: WeightFiles,
): { type: WeightType; isInstead: boolean } {
  const wanted = storage === 'file' ? typeInFile(name, files) : typeFor(storage, role);
  const fits = wanted !== undefined && (!isBlockType(wanted) || cols % BLOCKS[wanted].elements === 0);
  return fits ? { type: wanted, isInstead: false } : { type: 'f16', isInstead: true };
}

function typeFor(storage: Exclude<WeightStorage, 'file'>, role: MatrixRole): WeightType {
  const isBlocks = storage === 'q8' || storage === 'q4' || storage === 'nf4';
  if (!isBlocks || role === 'linear') return storage;
  return role === 'vocabulary' ? 'q8' : 'f16';
}

function typeInFile(name: string, files: WeightFiles | undefined): WeightType | undefined {
  if (!files) throw new RangeError('declareModel: weights as the file has them need the file');
  const { dtype } = findStored(files, name).info;
  if (dtype === 'F32') return 'f32';
  if (dtype === 'F16') return 'f16';
  if (dtype === 'BF16') return 'bf16';
  return isRepacked(dtype) ? GPU_BLOCKS[dtype] : undefined;
}

/** One sentence on the matrices that `storage` cannot hold. */
export function keptAsF16Text(storage: WeightStorage, names: readonly string[]): string {
  const some = names.slice(0, 3).join(', ') + (names.length > 3 ? ', …' : '');
  const why = storage === 'file' ? 'their blocks have no kernel here' : `no ${storage} block divides their rows`;
  return `${names.length} ${names.length === 1 ? 'matrix is' : 'matrices are'} kept as f16, since ${why}: ${some}.`;
}
