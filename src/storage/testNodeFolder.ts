// A directory under Node as a Folder, so that what is built on folders is tested on real files.
import { mkdir, open, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { checkRange } from '../formats/byteSource.ts';
import type { Folder } from './folder.ts';

export function nodeFolder(path: string): Folder {
  return {
    async names() {
      const entries = await readdir(path, { withFileTypes: true });
      return entries.filter((entry) => entry.isFile()).map((entry) => entry.name);
    },
    async open(name) {
      const sizeBytes = await stat(join(path, name)).then(
        (info) => info.size,
        () => undefined,
      );
      if (sizeBytes === undefined) return undefined;
      return {
        name,
        sizeBytes,
        async read(offset, length) {
          checkRange(name, sizeBytes, offset, length);
          const file = await open(join(path, name));
          const bytes = new Uint8Array(length);
          await file.read(bytes, 0, length, offset).finally(() => file.close());
          return bytes;
        },
      };
    },
    async append(name) {
      const file = await open(join(path, name), 'a');
      let { size: sizeBytes } = await file.stat();
      return {
        get sizeBytes() {
          return sizeBytes;
        },
        async write(chunk) {
          await file.write(chunk);
          sizeBytes += chunk.length;
        },
        async truncate(size) {
          await file.truncate(size);
          sizeBytes = size;
        },
        close: () => file.close(),
      };
    },
    async folder(name) {
      await mkdir(join(path, name), { recursive: true });
      return nodeFolder(join(path, name));
    },
    remove: (name) => rm(join(path, name), { recursive: true, force: true }),
  };
}
