// Our engine's logits and onnxruntime's, compared as an answer goes: the prompt in pieces, then token by token.
import type { AdapterFeeds, Decoder } from './decoder.ts';
import { OnnxError } from './onnxError.ts';
import type { LogitsDifference } from './protocol.ts';
import { letMessagesIn } from './turns.ts';

export interface DifferenceRequest {
  readonly decoder: Decoder;
  readonly adapter: AdapterFeeds;
  readonly ids: readonly number[];
  /** How many of them are taken one by one, as an answer's tokens are. */
  readonly oneByOne: number;
  /** [positions, vocabulary] of the last positions; the last row is that of the last id. */
  readonly expected: Float32Array;
  readonly signal: AbortSignal;
}

/** Throws OnnxError where the vocabularies differ. */
export async function logitsDifference(request: DifferenceRequest): Promise<LogitsDifference> {
  const { decoder, adapter, ids, oneByOne, expected, signal } = request;
  const conversation = decoder.start(adapter);
  const found: LogitsDifference = { largest: 0, scale: 0, positions: 0, sameBest: 0 };
  const compare = (position: number, logits: Float32Array) => {
    const rows = expected.length / logits.length;
    if (!Number.isInteger(rows)) {
      throw new OnnxError(`This graph has a vocabulary of ${logits.length}, which our engine’s logits are not.`);
    }
    const row = position - (ids.length - rows);
    if (row >= 0) compareRow(expected.subarray(row * logits.length, (row + 1) * logits.length), logits, found);
  };
  try {
    const pause = () => letMessagesIn(signal);
    const together = ids.length - oneByOne;
    await conversation.take(ids.slice(0, together), pause, compare);
    for (let position = together; position < ids.length; position++) {
      await pause();
      await conversation.take(ids.slice(position, position + 1), pause, (_, logits) => compare(position, logits));
    }
    return found;
  } finally {
    conversation.end();
  }
}

/** Adds one position to `found`. */
export function compareRow(expected: Float32Array, logits: Float32Array, found: LogitsDifference): void {
  let bestExpected = 0;
  let best = 0;
  for (let i = 0; i < logits.length; i++) {
    const value = logits[i]!;
    const other = expected[i]!;
    const difference = Math.abs(value - other);
    // Not a number is no agreement.
    if (!(difference <= found.largest))
      found.largest = Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference;
    found.scale = Math.max(found.scale, Math.abs(other));
    if (value > logits[best]!) best = i;
    if (other > expected[bestExpected]!) bestExpected = i;
  }
  found.positions++;
  if (best === bestExpected) found.sameBest++;
}
