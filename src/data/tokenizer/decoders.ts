// Pieces back to text. @huggingface/tokenizers 0.2 does most of it; the decoders below differ from Rust's there.
// Source: huggingface/tokenizers, `tokenizers/src/decoders`, `src/pre_tokenizers/{byte_level,metaspace}.rs`.
import {
  ByteFallbackDecoder,
  ByteLevelDecoder,
  type Decoder,
  MetaspaceDecoder,
  SequenceDecoder,
} from '@huggingface/tokenizers';
import { z } from 'zod';
import { BYTE_OF_CHARACTER } from '../../formats/byteCharacters.ts';

/** A run of byte tokens that is not UTF-8 gives one U+FFFD for each, and U+FEFF is kept. */
class ByteFallback extends ByteFallbackDecoder {
  override decode_chain(tokens: string[]): string[] {
    const texts: string[] = [];
    let run: number[] = [];
    const finishRun = () => {
      if (run.length > 0) texts.push(...utf8OrReplacements(run));
      run = [];
    };
    for (const token of tokens) {
      const byte = /^<0x([0-9A-Fa-f]{2})>$/.exec(token)?.[1];
      if (byte !== undefined) {
        run.push(Number.parseInt(byte, 16));
        continue;
      }
      finishRun();
      texts.push(token);
    }
    finishRun();
    return texts;
  }
}

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const lenientUtf8 = new TextDecoder('utf-8', { ignoreBOM: true });

function utf8OrReplacements(bytes: number[]): string[] {
  try {
    return [strictUtf8.decode(Uint8Array.from(bytes))];
  } catch {
    return bytes.map(() => '\uFFFD');
  }
}

/** A token whose every character stands for a byte is bytes, an added one too; any other is its own text. */
class ByteLevel extends ByteLevelDecoder {
  override decode_chain(tokens: string[]): string[] {
    const bytes = tokens.flatMap((token) => {
      const own = Array.from(token, (character) => BYTE_OF_CHARACTER.get(character));
      return own.every((byte) => byte !== undefined) ? own : Array.from(new TextEncoder().encode(token));
    });
    return [lenientUtf8.decode(Uint8Array.from(bytes))];
  }
}

const metaspaceSchema = z.looseObject({
  add_prefix_space: z.boolean().nullish(),
  prepend_scheme: z.enum(['always', 'first', 'never']).nullish(),
});

/** Without the marks that begin the text, unless none is ever put there. */
class Metaspace extends MetaspaceDecoder {
  override decode_chain(tokens: string[]): string[] {
    const { add_prefix_space: addPrefix, prepend_scheme: scheme } = metaspaceSchema.parse(this.config);
    const isPrepended = scheme ? scheme !== 'never' : addPrefix !== false;
    return tokens.map((token, i) => token.replaceAll(this.replacement, i === 0 && isPrepended ? '' : ' '));
  }
}

/** The library's decoder with the parts replaced that differ from Rust's. */
export function fixDecoder(decoder: Decoder | null): Decoder | null {
  if (decoder instanceof ByteFallbackDecoder) return new ByteFallback({ type: 'ByteFallback' });
  if (decoder instanceof ByteLevelDecoder) return new ByteLevel({ type: 'ByteLevel' });
  if (decoder instanceof MetaspaceDecoder) return new Metaspace({ ...decoder.config, type: 'Metaspace' });
  if (decoder instanceof SequenceDecoder) decoder.decoders = decoder.decoders.map((part) => fixDecoder(part) ?? part);
  return decoder;
}
