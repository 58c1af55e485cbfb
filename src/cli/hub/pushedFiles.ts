// What lies at a path, as files to push: the whole folder but hidden files, half-written ones and the state of a run; or one
// GGUF file.
import { existsSync, openAsBlob, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { readChunks } from '../../formats/byteSource.ts';
import { cardFormOf } from '../../formats/cardForm.ts';
import { readGgufHeader } from '../../formats/gguf.ts';
import type { CardForm } from '../../formats/modelCard.ts';
import type { PushFile } from '../../hub/pushContent.ts';
import { existing, fileSource } from '../fileSource.ts';
import { InputError } from '../inputError.ts';

export interface PushedFiles {
  readonly files: readonly PushFile[];
  /** Undefined for a PEFT adapter. */
  readonly form: CardForm | undefined;
}

/** Throws InputError for what is neither adapter nor model. */
export async function pushedFiles(path: string): Promise<PushedFiles> {
  const isFolder = existing(path).isDirectory();
  const names = isFolder ? namesIn(path) : [basename(path)];
  const files = names.map((name) => fileAt(isFolder ? join(path, name) : path, name));
  const gguf = names.find((name) => name.endsWith('.gguf'));
  const header = gguf === undefined ? undefined : await readGgufHeader(fileSource(isFolder ? join(path, gguf) : path));
  const form = cardFormOf(names, header?.metadata.get('general.type') === 'adapter');
  if (form === undefined && !names.includes('adapter_config.json')) {
    throw new InputError(
      `${path}: no adapter (adapter_config.json), transformers folder, ONNX folder or GGUF file; give the folder that holds one`,
    );
  }
  return { files, form };
}

/** With forward slashes, in order. */
function namesIn(root: string, folder = ''): string[] {
  const entries = readdirSync(join(root, folder), { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  return entries.flatMap((entry) => {
    const name = folder === '' ? entry.name : `${folder}/${entry.name}`;
    if (entry.name.startsWith('.') || entry.name.endsWith('.part')) return [];
    if (entry.isFile()) return [name];
    const isState = entry.isDirectory() && existsSync(join(root, name, 'run.json'));
    return entry.isDirectory() && !isState ? namesIn(root, name) : [];
  });
}

function fileAt(path: string, name: string): PushFile {
  const source = fileSource(path);
  return {
    name,
    sizeBytes: source.sizeBytes,
    bytes: () => readChunks(source),
    blob: () => openAsBlob(path),
  };
}
