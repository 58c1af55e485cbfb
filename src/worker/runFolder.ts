// A run's own folder in the page's file system: checkpoints, and copies of the person's data files.
import { blobSource, readChunks } from '../formats/byteSource.ts';
import { type Checkpoints, openCheckpoints } from '../storage/checkpoints.ts';
import type { Folder } from '../storage/folder.ts';
import { openOpfs } from '../storage/opfsFolder.ts';
import { StorageError } from '../storage/storageError.ts';
import { folderIdOf, type KeptRun } from './keptRun.ts';

const RUNS = 'runs';
const TRAIN = 'train.data';
const VALIDATION = 'validation.data';

/** Undefined where the browser keeps no files. */
export async function runFolder(runId: string): Promise<Folder | undefined> {
  try {
    return await (await (await openOpfs()).folder(RUNS)).folder(runId);
  } catch (error) {
    if (error instanceof StorageError && error.problem === 'unavailable') return undefined;
    throw error;
  }
}

/** Of the run, or of the heat of its race. */
export async function checkpointsOf(run: Pick<KeptRun, 'id' | 'race' | 'origin'>): Promise<Checkpoints | undefined> {
  const folder = await runFolder(folderIdOf(run));
  const own = run.origin?.stateFolder;
  return folder && openCheckpoints(own === undefined ? folder : await folder.folder(own));
}

export async function keepDataFiles(runId: string, files: { train: File; validation?: File }): Promise<void> {
  const folder = await runFolder(runId);
  if (!folder) return;
  await copy(folder, TRAIN, files.train);
  if (files.validation) await copy(folder, VALIDATION, files.validation);
}

/** Undefined when they were not kept. */
export async function keptDataFiles(
  runId: string,
  names: { train: string; validation: string | null },
): Promise<{ train: File; validation?: File } | undefined> {
  const folder = await runFolder(runId);
  const open = async (stored: string, name: string): Promise<File | undefined> => {
    const source = await folder?.open(stored);
    return source && new File([await source.read(0, source.sizeBytes)], name);
  };
  const train = await open(TRAIN, names.train);
  const validation = names.validation === null ? undefined : await open(VALIDATION, names.validation);
  if (!train || (names.validation !== null && !validation)) return undefined;
  return { train, ...(validation ? { validation } : {}) };
}

export async function removeRunFolder(runId: string): Promise<void> {
  try {
    await (await (await openOpfs()).folder(RUNS)).remove(runId);
  } catch (error) {
    if (!(error instanceof StorageError && error.problem === 'unavailable')) throw error;
  }
}

async function copy(folder: Folder, name: string, file: File): Promise<void> {
  const appender = await folder.append(name);
  try {
    await appender.truncate(0);
    for await (const chunk of readChunks(blobSource(file, file.name))) await appender.write(chunk);
  } finally {
    await appender.close();
  }
}
