// Files into a folder that the person picked. `createWritable` keeps each apart until it is whole.
import type { ZipEntry } from '../formats/zipWriter.ts';
import { storageError } from '../storage/storageError.ts';

export async function writeFolder(directory: FileSystemDirectoryHandle, entries: readonly ZipEntry[]): Promise<void> {
  for (const entry of entries) {
    const handle = await directory.getFileHandle(entry.name, { create: true });
    const writable = await handle.createWritable();
    try {
      const bytes = entry.bytes();
      for await (const chunk of Symbol.asyncIterator in bytes ? bytes : [bytes]) await writable.write(chunk.slice());
      await writable.close();
    } catch (error) {
      await writable.abort().catch(() => undefined);
      throw storageError(error, `${directory.name}/${entry.name}`);
    }
  }
}
