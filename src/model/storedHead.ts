// Whether the head is the embedding, where config.json says so (tie_word_embeddings) and the weights have something to add:
// where both are there and differ they are not tied, as transformers 5 decides (`tie_weights` of modeling_utils.py).
import type { WeightFiles, WeightTensor } from '../formats/weightFiles.ts';
import type { Architecture } from './architecture.ts';
import { ModelError } from './modelError.ts';
import { HEAD, storedOrNone } from './weightStorage.ts';

const PIECES = 64;
const PIECE_BYTES = 1 << 16;

/** The architecture with the head that the weights have. Throws ModelError where a model with both has no embedding. */
export async function headAsStored(a: Architecture, weights: WeightFiles): Promise<Architecture> {
  const name = a.isConv1D ? 'wte.weight' : 'embed_tokens.weight';
  const [head, embedding] = [storedOrNone(weights, HEAD), storedOrNone(weights, name)];
  if (!a.isTied && head && !embedding) {
    throw new ModelError(
      `The weights have ${HEAD} and no ${name}, but tie_word_embeddings is not true in config.json.`,
    );
  }
  return a.isTied && head && embedding ? { ...a, isTied: await areAlike(head, embedding) } : a;
}

/** Small tensors are compared whole, large ones in pieces spread over them: an embedding and a head differ everywhere. */
async function areAlike(a: WeightTensor, b: WeightTensor): Promise<boolean> {
  const { dtype, sizeBytes } = a.info;
  if (dtype !== b.info.dtype || sizeBytes !== b.info.sizeBytes) return false;
  const step = Math.max(PIECE_BYTES, Math.ceil(sizeBytes / PIECES));
  for (let at = 0; at < sizeBytes; at += step) {
    const length = Math.min(PIECE_BYTES, sizeBytes - at);
    const [one, other] = await Promise.all([a, b].map(({ source, info }) => source.read(info.offset + at, length)));
    if (!one?.every((byte, i) => byte === other?.[i])) return false;
  }
  return true;
}
