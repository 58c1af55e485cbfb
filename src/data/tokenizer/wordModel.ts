// Words → ids: a tokenizer.json's `model`. @huggingface/tokenizers 0.2 merges (BPE), searches (Unigram) and matches
// (WordPiece); what Rust does with characters that the vocabulary lacks is here.
// Source: huggingface/tokenizers, `tokenizers/src/models`.
import { type Decoder, Tokenizer } from '@huggingface/tokenizers';
import { z } from 'zod';
import { DataError } from '../types.ts';
import { fixDecoder } from './decoders.ts';

export interface WordModel {
  encode(word: string): readonly number[];
  /** undefined where no token has this number. */
  pieceOf(id: number): string | undefined;
  idOf(piece: string): number | undefined;
  /** One more than the highest id. */
  readonly size: number;
  /** null: pieces are joined by spaces. */
  readonly decoder: Decoder | null;
}

export const modelSchema = z.looseObject({
  type: z.string().nullish(),
  // Not looked into: a vocabulary is large, and its keys may be anything, `__proto__` too.
  vocab: z.custom<object>((vocab) => typeof vocab === 'object' && vocab !== null),
  unk_token: z.string().nullish(),
  unk_id: z.int().nullish(),
  byte_fallback: z.boolean().nullish(),
  ignore_merges: z.boolean().nullish(),
  continuing_subword_prefix: z.string().nullish(),
  end_of_word_suffix: z.string().nullish(),
});

/** Throws DataError for a kind of model that is not known. */
export function wordModelOf(model: z.infer<typeof modelSchema>, decoderConfig: unknown): WordModel {
  const isBpe = (model.type ?? 'BPE') === 'BPE' && !Array.isArray(model.vocab);
  if (isBpe && model.continuing_subword_prefix) {
    throw new DataError('tokenizer.json: model.continuing_subword_prefix of a BPE model is not supported');
  }
  const library = construct(model, decoderConfig);
  const { model: inner } = library;
  if (!inner) throw new DataError('tokenizer.json: model: this kind of tokenizer is not supported');
  const unknownId = model.unk_id ?? (model.unk_token == null ? undefined : library.token_to_id(model.unk_token));
  const idsOf = (piece: string): number[] => {
    const id = library.token_to_id(piece);
    if (id !== undefined) return [id];
    const bytes = model.byte_fallback ? byteIds(library, piece) : undefined;
    return bytes ?? (unknownId === undefined ? [] : [unknownId]);
  };
  // Without a token for the unknown, characters that are not in the vocabulary are gone before anything merges.
  const isDropped = isBpe && unknownId === undefined && !model.byte_fallback && !model.end_of_word_suffix;
  const known = (word: string): string => {
    if (model.ignore_merges && library.token_to_id(word) !== undefined) return word;
    return Array.from(word, (character) => (library.token_to_id(character) === undefined ? '' : character)).join('');
  };
  let size = 0;
  for (const id of library.get_vocab().values()) size = Math.max(size, id + 1);
  return {
    encode: (word) => {
      const some = isDropped ? known(word) : word;
      return some === '' ? [] : inner._call([some]).flatMap(idsOf);
    },
    pieceOf: (id) => library.id_to_token(id),
    idOf: (piece) => library.token_to_id(piece),
    size,
    decoder: fixDecoder(library.decoder),
  };
}

/** Undefined where a byte has no token. */
function byteIds(library: Tokenizer, piece: string): number[] | undefined {
  const ids = Array.from(new TextEncoder().encode(piece), (byte) =>
    library.token_to_id(`<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`),
  );
  return ids.every((id) => id !== undefined) ? ids : undefined;
}

function construct(model: object, decoder: unknown): Tokenizer {
  try {
    const nothing = { added_tokens: [], normalizer: null, pre_tokenizer: null, post_processor: null };
    return new Tokenizer({ ...nothing, model, decoder: decoder ?? null }, {});
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new DataError(`tokenizer.json: this kind of tokenizer is not supported (${reason})`);
  }
}
