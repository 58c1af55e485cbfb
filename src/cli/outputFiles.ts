// Files written so that a name never stands for half a file: under another name first, then renamed.
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { type Bytes, piecesOf } from '../formats/pieces.ts';
import { diskProblem } from './diskProblem.ts';
import { InputError } from './inputError.ts';

export interface OutputFile {
  readonly name: string;
  readonly bytes: Uint8Array | (() => Bytes);
}

/** Makes the folder if need be. Throws InputError when it cannot be one. */
export async function makeFolder(path: string): Promise<void> {
  await mkdir(path, { recursive: true }).catch((error: NodeJS.ErrnoException) => {
    throw new InputError(`${path}: cannot be made a folder: ${diskProblem(error) ?? error.code ?? error.message}`);
  });
}

/** Writes one file after another into an existing folder. `onBytes` hears of every piece. Throws InputError where the disk refuses one. */
export async function writeFiles(
  folder: string,
  files: readonly OutputFile[],
  onBytes: (sizeBytes: number) => void = () => {},
): Promise<void> {
  for (const { name, bytes } of files) {
    const path = join(folder, name);
    const part = `${path}.part`;
    try {
      const file = await open(part, 'w');
      try {
        for await (const chunk of typeof bytes === 'function' ? piecesOf(bytes()) : [bytes]) {
          await file.writeFile(chunk);
          onBytes(chunk.length);
        }
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(part, path);
    } catch (error) {
      await rm(part, { force: true });
      const problem = diskProblem(error);
      throw problem === undefined ? error : new InputError(`${path}: ${problem}`);
    }
  }
}

/** A single text file; its folder is made if need be. */
export async function writeTextFile(path: string, text: string): Promise<void> {
  const folder = dirname(path);
  await makeFolder(folder);
  await writeFiles(folder, [{ name: basename(path), bytes: new TextEncoder().encode(text) }]);
}
