// A run's adapter as the Library keeps it: a PEFT folder in a zip, which is also what leaves the page.
import { type AdapterLayout, layOutAdapters } from '../adapters/adapterSet.ts';
import type { ImportedAdapter } from '../adapters/importedAdapter.ts';
import { readAdapter, writeAdapter } from '../adapters/peftFolder.ts';
import { blobSource } from '../formats/byteSource.ts';
import { openZip } from '../formats/zipReader.ts';
import { zipStream } from '../formats/zipWriter.ts';
import type { Architecture } from '../model/architecture.ts';
import { cardInfo } from './adapterCardInfo.ts';
import { collectBlob } from './collectBlob.ts';
import { WorkerError } from './failure.ts';
import type { KeptRun } from './keptRun.ts';
import { keptRun, library } from './library.ts';

/** An adapter laid out alone, and its parameters. */
export interface StoredAdapter {
  readonly adapter: ImportedAdapter;
  readonly layout: AdapterLayout;
  readonly block: Float32Array<ArrayBuffer>;
}

const versions = new Map<string, number>();

/** Grows whenever the run's adapter is saved anew. */
export function adapterVersion(runId: string): number {
  return versions.get(runId) ?? 0;
}

/** `block`: the adapter's parameters, `layout.count` elements. */
export async function saveAdapter(
  run: KeptRun,
  a: Architecture,
  layout: AdapterLayout,
  block: Float32Array<ArrayBuffer>,
): Promise<void> {
  await storeAdapter(run.id, await writeAdapter(a, layout, block, cardInfo(run)));
}

/** Files of a PEFT folder, as they are. */
export async function storeAdapter(runId: string, files: readonly StoredFile[]): Promise<void> {
  await (await library()).putAdapter(runId, await zipBlob(files));
  versions.set(runId, adapterVersion(runId) + 1);
}

/** The run's adapter for this model. Throws FormatError where it is for another. */
export async function openAdapter(runId: string, a: Architecture): Promise<StoredAdapter> {
  const adapter = await readAdapter(await openZip(blobSource(await adapterZip(runId), 'adapter.zip')), a);
  const [layout] = layOutAdapters(a, [adapter.spec]);
  if (!layout) throw new WorkerError('The adapter has no matrices.');
  return { adapter, layout, block: await adapter.parametersFor(layout) };
}

/** Throws WorkerError when the run has none. */
export async function adapterZip(runId: string): Promise<Blob> {
  const zip = await (await library()).adapter(runId);
  if (zip) return zip;
  const { name } = await keptRun(runId);
  throw new WorkerError(`“${name}” has no saved adapter yet.`);
}

export interface StoredFile {
  readonly name: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

export async function zipBlob(files: readonly StoredFile[]): Promise<Blob> {
  const entries = files.map(({ name, bytes }) => ({ name, sizeBytes: bytes.length, bytes: async () => bytes }));
  return collectBlob(zipStream(entries), 'application/zip');
}
