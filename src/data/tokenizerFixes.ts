// Where @huggingface/tokenizers 0.2 reads a tokenizer.json otherwise than the Rust library does, the file is rewritten
// into an equal one that both read alike. Rust's character classes are the standard: `Digits` splits at every numeric
// character (Nd, Nl and No: ½ and ² too), and ByteLevel's own `\s` is Unicode's White_Space (U+0085 in, U+FEFF out).
import { ByteFallbackDecoder, type Decoder, SequenceDecoder } from '@huggingface/tokenizers';
import { z } from 'zod';
import { BYTE_LEVEL_PATTERN } from '../formats/byteCharacters.ts';
import { isolate } from '../formats/ggufPreTokenizers.ts';

const preTokenizerSchema = z.looseObject({ type: z.string() });
type PreTokenizer = z.infer<typeof preTokenizerSchema>;

/** The same pre-tokenizer in parts that the JavaScript library gets right. Unknown parts are left as they are. */
export function fixPreTokenizer(config: unknown): unknown {
  const parsed = preTokenizerSchema.safeParse(config);
  if (!parsed.success) return config;
  const part: PreTokenizer = parsed.data;
  switch (part.type) {
    case 'Sequence':
      return {
        ...part,
        pretokenizers: Array.isArray(part.pretokenizers) ? part.pretokenizers.map(fixPreTokenizer) : [],
      };
    case 'Digits':
      return isolate(part.individual_digits === true ? '\\p{N}' : '\\p{N}+');
    case 'ByteLevel':
      // A prefix space is added before the pattern runs, which a Split cannot do.
      if (part.add_prefix_space === true || part.use_regex === false) return part;
      return {
        type: 'Sequence',
        pretokenizers: [isolate(BYTE_LEVEL_PATTERN), { ...part, use_regex: false, add_prefix_space: false }],
      };
    default:
      return part;
  }
}

/** Rust's `ByteFallback`: a run of byte tokens that is not UTF-8 gives one U+FFFD for each, and U+FEFF is kept. */
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

function utf8OrReplacements(bytes: number[]): string[] {
  try {
    return [strictUtf8.decode(Uint8Array.from(bytes))];
  } catch {
    return bytes.map(() => '\uFFFD');
  }
}

/** The library's decoder with the parts replaced that differ from Rust's. */
export function fixDecoder(decoder: Decoder | null): Decoder | null {
  if (decoder instanceof ByteFallbackDecoder) return new ByteFallback({ type: 'ByteFallback' });
  if (decoder instanceof SequenceDecoder) decoder.decoders = decoder.decoders.map((part) => fixDecoder(part) ?? part);
  return decoder;
}
