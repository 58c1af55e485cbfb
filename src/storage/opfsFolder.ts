/**
 * OPFS, the page's own file system, as a Folder.
 *
 * In a worker it writes through `createSyncAccessHandle`, where every chunk is in the file as soon as it is written: a
 * download cut off by a closed tab goes on from there. Where there is none it uses `createWritable`, which commits at
 * `close` only.
 */
import { blobSource } from '../formats/byteSource.ts';
import type { Appender, Folder } from './folder.ts';
import { isNotFound, StorageError, storageError } from './storageError.ts';

/** The parts of FileSystemSyncAccessHandle used here; TypeScript declares it for workers only. */
interface SyncAccessHandle {
  getSize(): number;
  write(buffer: Uint8Array<ArrayBuffer>, options: { at: number }): number;
  truncate(sizeBytes: number): void;
  flush(): void;
  close(): void;
}

interface SyncFileHandle extends FileSystemFileHandle {
  createSyncAccessHandle(): Promise<SyncAccessHandle>;
}

function hasSyncAccess(handle: FileSystemFileHandle): handle is SyncFileHandle {
  return 'createSyncAccessHandle' in handle;
}

/** The root of the page's files. Throws a StorageError in private windows and where site data is blocked. */
export async function openOpfs(): Promise<Folder> {
  if (navigator.storage?.getDirectory === undefined) {
    throw new StorageError(
      'unavailable',
      'files: this browser has no private file system, or the page is not on https',
    );
  }
  try {
    return opfsFolder(await navigator.storage.getDirectory());
  } catch (error) {
    throw storageError(error, 'files');
  }
}

/** Any directory handle as a Folder, also one that the user picked. */
export function opfsFolder(directory: FileSystemDirectoryHandle): Folder {
  return {
    async names() {
      const names: string[] = [];
      for await (const [name, handle] of directory.entries()) if (handle.kind === 'file') names.push(name);
      return names;
    },
    async open(name) {
      try {
        const handle = await directory.getFileHandle(name);
        return blobSource(await handle.getFile(), name);
      } catch (error) {
        if (isNotFound(error)) return undefined;
        throw storageError(error, name);
      }
    },
    async append(name) {
      try {
        const handle = await directory.getFileHandle(name, { create: true });
        return hasSyncAccess(handle)
          ? syncAppender(await handle.createSyncAccessHandle(), name)
          : await writableAppender(handle, name);
      } catch (error) {
        throw storageError(error, name);
      }
    },
    async folder(name) {
      try {
        return opfsFolder(await directory.getDirectoryHandle(name, { create: true }));
      } catch (error) {
        throw storageError(error, 'a new folder');
      }
    },
    async remove(name) {
      try {
        await directory.removeEntry(name, { recursive: true });
      } catch (error) {
        if (!isNotFound(error)) throw storageError(error, name);
      }
    },
  };
}

function syncAppender(access: SyncAccessHandle, name: string): Appender {
  let sizeBytes = access.getSize();
  return {
    get sizeBytes() {
      return sizeBytes;
    },
    async write(chunk) {
      try {
        const written = access.write(chunk, { at: sizeBytes });
        // Chromium returns -1 as an unsigned number when the quota is spent, and throws nothing.
        if (written !== chunk.length) throw new DOMException('short write', 'QuotaExceededError');
        sizeBytes += written;
      } catch (error) {
        throw storageError(error, name);
      }
    },
    async truncate(size) {
      access.truncate(size);
      sizeBytes = size;
    },
    async close() {
      try {
        access.flush();
      } catch (error) {
        throw storageError(error, name);
      } finally {
        access.close();
      }
    },
  };
}

async function writableAppender(handle: FileSystemFileHandle, name: string): Promise<Appender> {
  let { size: sizeBytes } = await handle.getFile();
  const writable = await handle.createWritable({ keepExistingData: true });
  return {
    get sizeBytes() {
      return sizeBytes;
    },
    async write(chunk) {
      try {
        await writable.write({ type: 'write', position: sizeBytes, data: chunk });
        sizeBytes += chunk.length;
      } catch (error) {
        throw storageError(error, name);
      }
    },
    async truncate(size) {
      await writable.truncate(size);
      sizeBytes = size;
    },
    async close() {
      try {
        await writable.close();
      } catch (error) {
        throw storageError(error, name);
      }
    },
  };
}
