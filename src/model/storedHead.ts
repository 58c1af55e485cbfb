// Whether the head is the embedding, where config.json says so (tie_word_embeddings) and the weights have something to add:
// files that hold one of the two have it under either name, and where both are there and differ they are not tied, as
// transformers 5 decides (`tie_weights` of modeling_utils.py).
import type { WeightFiles, WeightTensor } from '../formats/weightFiles.ts';
import type { Architecture } from './architecture.ts';
import { storedOrNone } from './weightStorage.ts';

const HEAD = 'lm_head.weight';
const PIECES = 64;
const PIECE_BYTES = 1 << 16;

/** The architecture with the head of its own that the weights have; the weights with the embedding under its name. */
export async function headAsStored(
  architecture: Architecture,
  weights: WeightFiles,
): Promise<{ architecture: Architecture; weights: WeightFiles }> {
  const head = architecture.isTied ? storedOrNone(weights, HEAD) : undefined;
  if (!head) return { architecture, weights };
  const name = architecture.isConv1D ? 'wte.weight' : 'embed_tokens.weight';
  const embedding = storedOrNone(weights, name);
  if (!embedding) {
    const alias = { ...head, info: { ...head.info, name } };
    return { architecture, weights: { ...weights, tensors: new Map([...weights.tensors, [name, alias]]) } };
  }
  return { architecture: { ...architecture, isTied: await areAlike(head, embedding) }, weights };
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
