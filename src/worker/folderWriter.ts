// Files into a folder that the person picked. `createWritable` keeps each apart until it is whole.
import { piecesOf } from '../formats/pieces.ts';
import type { ZipEntry } from '../formats/zipWriter.ts';
import { StorageError } from '../storage/storageError.ts';

/**
 * `stem`: a folder for them inside the picked one, null for none. Entries' names may have folders of their own. Where
 * writing ends early, the file under way is gone again, and so is the folder where there was none before.
 */
export async function writeFolder(
  picked: FileSystemDirectoryHandle,
  stem: string | null,
  entries: readonly ZipEntry[],
): Promise<void> {
  const isNew = stem !== null && !(await hasEntry(picked, stem));
  try {
    const folder = stem === null ? picked : await picked.getDirectoryHandle(stem, { create: true });
    for (const entry of entries) await writeEntry(folder, entry);
  } catch (error) {
    if (isNew) await picked.removeEntry(stem, { recursive: true }).catch(() => undefined);
    throw pickedError(error, stem === null ? picked.name : `${picked.name}/${stem}`);
  }
}

async function writeEntry(root: FileSystemDirectoryHandle, entry: ZipEntry): Promise<void> {
  const folders = entry.name.split('/');
  const name = folders.pop() ?? entry.name;
  let folder = root;
  for (const inner of folders) folder = await folder.getDirectoryHandle(inner, { create: true });
  const isNew = !(await hasEntry(folder, name));
  let writable: FileSystemWritableFileStream | undefined;
  try {
    writable = await (await folder.getFileHandle(name, { create: true })).createWritable();
    for await (const piece of piecesOf(entry.bytes())) await writable.write(piece.slice());
    await writable.close();
  } catch (error) {
    await writable?.abort().catch(() => undefined);
    if (isNew) await folder.removeEntry(name).catch(() => undefined);
    throw error;
  }
}

async function hasEntry(folder: FileSystemDirectoryHandle, name: string): Promise<boolean> {
  for await (const known of folder.keys()) if (known === name) return true;
  return false;
}

/** What a disk refuses of a file or folder that the person picked; everything else comes back as it is. */
export function pickedError(error: unknown, name: string): unknown {
  if (!(error instanceof DOMException)) return error;
  switch (error.name) {
    case 'QuotaExceededError':
      return new StorageError(
        'full',
        `${name}: there is no room left on that disk. Nothing half-written was left there.`,
      );
    case 'NotAllowedError':
      return new StorageError('unavailable', `${name}: this page may not write there. Pick it again and allow it.`);
    case 'NotFoundError':
      return new StorageError('unavailable', `${name}: it is gone. Pick it again.`);
    case 'NoModificationAllowedError':
      return new StorageError(
        'busy',
        `${name}: another program or tab has a file in there open. Close it and try again.`,
      );
    default:
      return error;
  }
}
