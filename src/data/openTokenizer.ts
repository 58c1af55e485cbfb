// A model folder's tokenizer, read from its files.
import { type ByteSource, readText } from '../formats/byteSource.ts';
import { FormatError } from '../formats/formatError.ts';
import type { ModelFolder } from '../formats/modelFolder.ts';
import { loadTokenizer, type TextTokenizer } from './tokenizer.ts';

export type TokenizerFolder = Pick<
  ModelFolder<ByteSource>,
  'tokenizer' | 'tokenizerConfig' | 'generationConfig' | 'chatTemplate'
>;

/** Throws FormatError or DataError, naming the file. */
export async function openTokenizer(folder: TokenizerFolder): Promise<TextTokenizer> {
  return loadTokenizer({
    tokenizer: await json(folder.tokenizer),
    tokenizerConfig: await json(folder.tokenizerConfig),
    generationConfig: await json(folder.generationConfig),
    ...(folder.chatTemplate ? { chatTemplate: await readText(folder.chatTemplate) } : {}),
  });
}

async function json(file: ByteSource | undefined): Promise<unknown> {
  if (!file) return undefined;
  const text = await readText(file);
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new FormatError(file.name, `expected JSON, got ${error instanceof Error ? error.message : String(error)}`);
  }
}
