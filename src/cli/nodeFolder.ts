// A directory as the folder that checkpoints are kept in. What is written is on the disk when an appender is closed.

import { existsSync } from 'node:fs';
import { type FileHandle, mkdir, open, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Appender, Folder } from '../storage/folder.ts';
import { StorageError } from '../storage/storageError.ts';
import { diskProblem, isDiskFull } from './diskProblem.ts';
import { fileSource } from './fileSource.ts';

/** `path` must exist. */
export function nodeFolder(path: string): Folder {
  return {
    async names() {
      const entries = await readdir(path, { withFileTypes: true });
      return entries.filter((entry) => entry.isFile()).map((entry) => entry.name);
    },
    async open(name) {
      return existsSync(join(path, name)) ? fileSource(join(path, name), name) : undefined;
    },
    async append(name) {
      const whole = join(path, name);
      const file = await open(whole, 'a').catch((error: unknown) => refuse(error, whole));
      return appenderOf(file, (await file.stat()).size, whole);
    },
    async folder(name) {
      await mkdir(join(path, name), { recursive: true });
      return nodeFolder(join(path, name));
    },
    remove: (name) => rm(join(path, name), { recursive: true, force: true }),
  };
}

/** Throws a StorageError for what the disk refuses, anything else as it is. */
function refuse(error: unknown, path: string): never {
  const problem = diskProblem(error);
  if (problem === undefined) throw error;
  throw new StorageError(isDiskFull(error) ? 'full' : 'unavailable', `${path}: ${problem}`, { cause: error });
}

function appenderOf(file: FileHandle, sizeAtOpening: number, path: string): Appender {
  let sizeBytes = sizeAtOpening;
  return {
    get sizeBytes() {
      return sizeBytes;
    },
    async write(chunk) {
      await file.writeFile(chunk).catch((error: unknown) => refuse(error, path));
      sizeBytes += chunk.length;
    },
    async truncate(size) {
      await file.truncate(size);
      sizeBytes = size;
    },
    async close() {
      try {
        await file.sync().catch((error: unknown) => refuse(error, path));
      } finally {
        await file.close();
      }
    },
  };
}
