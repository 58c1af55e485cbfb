// Files of this machine as the engine reads them: in ranges, never whole.
import { open as openCallback, read as readCallback, type Stats, statSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { promisify } from 'node:util';
import { type ByteSource, checkRange } from '../formats/byteSource.ts';
import { FormatError } from '../formats/formatError.ts';
import { InputError } from './inputError.ts';

const openFile = promisify(openCallback);
const readFile = promisify(readCallback);

/** A file under `name` (default: its path). It is opened when first read and stays open. Throws InputError. */
export function fileSource(path: string, name = path): ByteSource {
  const { size: sizeBytes } = existing(path, 'file');
  // A bare descriptor: a FileHandle would be closed when collected.
  let descriptor: Promise<number> | undefined;
  return {
    name,
    sizeBytes,
    async read(offset, length) {
      checkRange(name, sizeBytes, offset, length);
      descriptor ??= openFile(path, 'r');
      const bytes = new Uint8Array(length);
      for (let done = 0; done < length; ) {
        const part = Math.min(length - done, 1 << 30);
        const { bytesRead } = await readFile(await descriptor, bytes, done, part, offset + done);
        if (bytesRead === 0) throw new FormatError(name, 'the file became shorter while it was read');
        done += bytesRead;
      }
      return bytes;
    },
  };
}

/** Every file of a folder, under its path. Throws InputError. */
export async function folderSources(path: string): Promise<ByteSource[]> {
  existing(path, 'folder');
  const root = path.replace(/[\\/]+$/, '');
  const paths = (await readdir(path)).sort().map((name) => `${root}/${name}`);
  return paths.filter((file) => statSync(file, { throwIfNoEntry: false })?.isFile()).map((file) => fileSource(file));
}

/** What lies at a path. Throws InputError when nothing does, or something else than what is wanted. */
export function existing(path: string, wanted?: 'file' | 'folder'): Stats {
  const found = statSync(path, { throwIfNoEntry: false });
  if (!found) throw new InputError(`${path}: no such ${wanted ?? 'file or folder'}`);
  if (wanted === 'file' && !found.isFile()) throw new InputError(`${path}: expected a file, got a folder`);
  if (wanted === 'folder' && !found.isDirectory()) throw new InputError(`${path}: expected a folder, got a file`);
  return found;
}
