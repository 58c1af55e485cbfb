// A directory as the folder that checkpoints are kept in. What is written is on the disk when an appender is closed.

import { existsSync } from 'node:fs';
import { type FileHandle, mkdir, open, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Appender, Folder } from '../storage/folder.ts';
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
      const file = await open(join(path, name), 'a');
      return appenderOf(file, (await file.stat()).size);
    },
    async folder(name) {
      await mkdir(join(path, name), { recursive: true });
      return nodeFolder(join(path, name));
    },
    remove: (name) => rm(join(path, name), { recursive: true, force: true }),
  };
}

function appenderOf(file: FileHandle, sizeAtOpening: number): Appender {
  let sizeBytes = sizeAtOpening;
  return {
    get sizeBytes() {
      return sizeBytes;
    },
    async write(chunk) {
      await file.writeFile(chunk);
      sizeBytes += chunk.length;
    },
    async truncate(size) {
      await file.truncate(size);
      sizeBytes = size;
    },
    async close() {
      await file.sync();
      await file.close();
    },
  };
}
