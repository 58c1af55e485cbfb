/**
 * What storage asks of a file system: flat folders of files that grow at their end. OPFS in a browser
 * (opfsFolder.ts); under Node a directory does as well.
 */
import type { ByteSource } from '../formats/byteSource.ts';

/** A file open for writing at its end. One at a time per file; `close` keeps what was written. */
export interface Appender {
  /** Bytes in the file so far. */
  readonly sizeBytes: number;
  write(chunk: Uint8Array<ArrayBuffer>): Promise<void>;
  /** Cuts the file to its first `sizeBytes` bytes. */
  truncate(sizeBytes: number): Promise<void>;
  close(): Promise<void>;
}

export interface Folder {
  /** Names of the files here, folders left out, in no order. */
  names(): Promise<string[]>;
  /** The file as it is now, or undefined when there is none. */
  open(name: string): Promise<ByteSource | undefined>;
  /** Opens at the end, and makes the file when there is none. */
  append(name: string): Promise<Appender>;
  /** A folder in this one, made when there is none. */
  folder(name: string): Promise<Folder>;
  /** Removes a file, or a folder with all it holds. Neither there: nothing happens. */
  remove(name: string): Promise<void>;
}

/** Replaces a file's whole content. Not atomic: what must survive a crash goes through checkpoints.ts. */
export async function writeFile(folder: Folder, name: string, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
  const appender = await folder.append(name);
  try {
    await appender.truncate(0);
    await appender.write(bytes);
  } finally {
    await appender.close();
  }
}
