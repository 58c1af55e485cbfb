/**
 * Downloaded model files, kept between visits. Each file is two: its bytes, appended as they arrive, and a small JSON
 * record of where it is from and how long it will be. A file is whole when it is that long; until then a download goes
 * on from the bytes already there.
 */
import { type ByteSource, readText } from '../formats/byteSource.ts';
import { parseJsonObject } from '../formats/json.ts';
import { type Appender, type Folder, writeFile } from './folder.ts';

export interface CacheKey {
  /** The endpoint and repository, such as `https://huggingface.co/openai-community/gpt2`. */
  source: string;
  /** As it was asked for, such as `main`: a commit that leaves a file as it was leaves it cached. */
  revision: string;
  /** Path in the repository. */
  file: string;
  /** The content's identity, such as HubFile.contentId: a file that changed on the Hub is another file. */
  etag: string;
}

export interface CachedFile extends CacheKey {
  sizeBytes: number;
  /** Bytes already here. */
  storedBytes: number;
}

export interface ModelCache {
  /** Every file, whole or not. */
  list(): Promise<CachedFile[]>;
  /** The file's bytes, or undefined when it is not here whole. */
  open(key: CacheKey): Promise<ByteSource | undefined>;
  /** Opens for download, at the bytes already here; an older content of the same file is removed. Close when done. */
  append(key: CacheKey, sizeBytes: number): Promise<Appender>;
  remove(key: CacheKey): Promise<void>;
  /** Removes every file of one source; returns the bytes freed. */
  removeSource(source: string): Promise<number>;
}

async function idOf({ source, revision, file, etag }: CacheKey): Promise<string> {
  const identity = new TextEncoder().encode(JSON.stringify([source, revision, file, etag]));
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', identity));
  return [...digest.subarray(0, 16)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

const RECORD = '.json';
const BYTES = '.bin';

/** A cache in one folder, such as `(await openOpfs()).folder('models')`. */
export function openModelCache(folder: Folder): ModelCache {
  async function removeId(id: string): Promise<void> {
    await folder.remove(id + BYTES);
    await folder.remove(id + RECORD);
  }

  async function list(): Promise<CachedFile[]> {
    const records = (await folder.names()).filter((name) => name.endsWith(RECORD));
    const files = await Promise.all(records.map((name) => readRecord(folder, name)));
    return files.filter((file) => file !== undefined);
  }

  return {
    list,
    async open(key) {
      const id = await idOf(key);
      const record = await readRecord(folder, id + RECORD);
      const bytes = await folder.open(id + BYTES);
      if (bytes === undefined || bytes.sizeBytes !== record?.sizeBytes) return undefined;
      return { name: key.file, sizeBytes: bytes.sizeBytes, read: (offset, length) => bytes.read(offset, length) };
    },
    async append(key, sizeBytes) {
      const { source, revision, file, etag } = key;
      for (const other of await list()) {
        const isSameFile = other.source === source && other.revision === revision && other.file === file;
        if (isSameFile && other.etag !== etag) await removeId(await idOf(other));
      }
      const id = await idOf(key);
      const record = JSON.stringify({ source, revision, file, etag, sizeBytes });
      await writeFile(folder, id + RECORD, new TextEncoder().encode(record));
      const appender = await folder.append(id + BYTES);
      if (appender.sizeBytes > sizeBytes) await appender.truncate(0);
      return appender;
    },
    async remove(key) {
      await removeId(await idOf(key));
    },
    async removeSource(source) {
      const files = (await list()).filter((file) => file.source === source);
      for (const file of files) await removeId(await idOf(file));
      return files.reduce((sum, file) => sum + file.storedBytes, 0);
    },
  };
}

/** Undefined for a record that a crash left unfinished: its file is downloaded again. */
async function readRecord(folder: Folder, name: string): Promise<CachedFile | undefined> {
  const record = await folder.open(name);
  if (record === undefined || record.sizeBytes === 0) return undefined;
  const text = await readText(record);
  if (!text.endsWith('}')) return undefined;
  const { source, revision, file, etag, sizeBytes } = parseJsonObject(text, name);
  const isWhole = [source, revision, file, etag].every((value) => typeof value === 'string');
  if (!isWhole || typeof sizeBytes !== 'number') return undefined;
  const bytes = await folder.open(name.slice(0, -RECORD.length) + BYTES);
  return {
    source: String(source),
    revision: String(revision),
    file: String(file),
    etag: String(etag),
    sizeBytes,
    storedBytes: bytes?.sizeBytes ?? 0,
  };
}
