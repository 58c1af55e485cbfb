// What a tokenizer.json does to a text before it is cut. Source: huggingface/tokenizers, `tokenizers/src/normalizers`.
import { PrecompiledNormalizer } from '@huggingface/tokenizers';
import { z } from 'zod';
import { BYTE_CHARACTERS } from '../../formats/byteCharacters.ts';
import { DataError } from '../types.ts';
import { patternOf, SPACE } from './patterns.ts';

export type Normalize = (text: string) => string;

const partSchema = z.looseObject({ type: z.string() });
const sequenceSchema = z.looseObject({ normalizers: z.array(z.unknown()) });
const replaceSchema = z.looseObject({ pattern: z.unknown(), content: z.string().default('') });
const stripSchema = z.looseObject({ strip_left: z.boolean().default(true), strip_right: z.boolean().default(true) });
const prependSchema = z.looseObject({ prepend: z.string() });
const bertSchema = z.looseObject({
  clean_text: z.boolean().default(true),
  handle_chinese_chars: z.boolean().default(true),
  strip_accents: z.boolean().nullish(),
  lowercase: z.boolean().default(true),
});

/** `config`: tokenizer.json's `normalizer`; null leaves texts as they are. Throws DataError for one that is not known. */
export function normalizerOf(config: unknown): Normalize {
  if (config === null || config === undefined) return (text) => text;
  const { type } = parse(partSchema, config);
  switch (type) {
    case 'Sequence': {
      const parts = parse(sequenceSchema, config).normalizers.map(normalizerOf);
      return (text) => parts.reduce((so, part) => part(so), text);
    }
    case 'NFC':
    case 'NFD':
    case 'NFKC':
    case 'NFKD':
      return (text) => text.normalize(type);
    case 'Lowercase':
      return lowercase;
    case 'Strip': {
      const { strip_left: left, strip_right: right } = parse(stripSchema, config);
      const ends = [...(left ? [`^${SPACE_RUN}`] : []), ...(right ? [`${SPACE_RUN}$`] : [])].join('|');
      const pattern = new RegExp(ends || '(?!)', 'gu');
      return (text) => text.replace(pattern, '');
    }
    case 'StripAccents':
      return (text) => text.replace(/\p{M}/gu, '');
    case 'Replace': {
      const { pattern, content } = parse(replaceSchema, config);
      const compiled = patternOf(pattern);
      return (text) => text.replace(compiled, () => content);
    }
    case 'Prepend': {
      const { prepend } = parse(prependSchema, config);
      return (text) => (text === '' ? '' : prepend + text);
    }
    case 'ByteLevel':
      return (text) => Array.from(new TextEncoder().encode(text), (byte) => BYTE_CHARACTERS[byte]).join('');
    case 'Nmt':
      return (text) => text.replace(/\p{Cc}/gu, nmtControl).replace(NMT_SPACES, ' ');
    case 'BertNormalizer':
      return bertNormalizer(parse(bertSchema, config));
    case 'Precompiled': {
      const library = new PrecompiledNormalizer({ ...parse(partSchema, config), type, precompiled_charsmap: '' });
      return (text) => library.normalize(text);
    }
    default:
      throw new DataError(`tokenizer.json: the normalizer ${JSON.stringify(type)} is not supported`);
  }
}

function parse<T>(schema: z.ZodType<T>, config: unknown): T {
  const parsed = schema.safeParse(config);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new DataError(`tokenizer.json: normalizer.${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'not readable'}`);
}

const SPACE_RUN = `${SPACE}+`;
const NMT_SPACES = /[\u1680\u200b-\u200f\u2028\u2029\u2581\ufeff\ufffd]/gu;

function nmtControl(character: string): string {
  if ('\t\n\f\r'.includes(character)) return ' ';
  const code = character.charCodeAt(0);
  const isKept = code === 0 || (code >= 0x80 && code !== 0x8f && code !== 0x9f);
  return isKept ? character : '';
}

/** Character by character: a sigma does not know that its word ends. */
function lowercase(text: string): string {
  return Array.from(text, (character) => character.toLowerCase()).join('');
}

const CHINESE =
  /[\u4e00-\u9fff\u3400-\u4dbf\u{20000}-\u{2a6df}\u{2a700}-\u{2b73f}\u{2b740}-\u{2b81f}\u{2b920}-\u{2ceaf}\uf900-\ufaff\u{2f800}-\u{2fa1f}]/gu;

function bertNormalizer(config: z.infer<typeof bertSchema>): Normalize {
  const steps: Normalize[] = [];
  if (config.clean_text) {
    steps.push((text) =>
      text.replace(/[^\P{Cc}\t\n\r]|[\p{Cf}\p{Co}\p{Cs}\ufffd]/gu, '').replace(/\p{White_Space}/gu, ' '),
    );
  }
  if (config.handle_chinese_chars) steps.push((text) => text.replace(CHINESE, ' $& '));
  if (config.strip_accents ?? config.lowercase) {
    steps.push((text) => text.normalize('NFD').replace(/\p{Mn}/gu, ''));
  }
  if (config.lowercase) steps.push(lowercase);
  return (text) => steps.reduce((so, step) => step(so), text);
}
