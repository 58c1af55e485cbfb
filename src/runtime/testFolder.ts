// Folders as ONNX export writes them, from the fixtures, opened as the worker opens them.
import * as ort from 'onnxruntime-web/wasm';
import { openTokenizer } from '../data/openTokenizer.ts';
import { type ByteSource, bytesSource } from '../formats/byteSource.ts';
import type { ZipEntry } from '../formats/zipWriter.ts';
import { onnxAdaptersFolder } from '../onnx/adaptersFolder.ts';
import { onnxFolder } from '../onnx/onnxFolder.ts';
import { entryBytes, openFixture } from '../onnx/testSession.ts';
import { loadAdapter } from './adapterFeeds.ts';
import { Decoder } from './decoder.ts';
import { readGraph, sortExportedFolder } from './exportedFolder.ts';

ort.env.wasm.numThreads = 1;
ort.env.logLevel = 'error';

export async function sourcesOf(entries: readonly ZipEntry[], root = ''): Promise<ByteSource[]> {
  return Promise.all(entries.map(async (entry) => bytesSource(await entryBytes(entry), root + entry.name)));
}

/** `merged` and `base` in one graph each; `open` with the fixture's adapter beside it. */
export async function exportFixture(name: string, graph: 'base' | 'merged' | 'open', dtype: 'f32' | 'f16' = 'f32') {
  const { model, a, adapter } = await openFixture(name);
  if (graph === 'open')
    return sourcesOf(await onnxAdaptersFolder(model, a, [{ name: 'tuned', ...adapter }], { dtype }));
  return sourcesOf(await onnxFolder(model, a, graph === 'base' ? undefined : adapter, { dtype }));
}

export async function openFiles(files: readonly ByteSource[]) {
  const folder = sortExportedFolder(files);
  const decoder = await Decoder.open(ort, await readGraph(folder.graphs[0]!), 'wasm');
  const adapters = await Promise.all(
    decoder.signature.adapter.length > 0 ? folder.adapters.map((adapter) => loadAdapter(adapter, decoder)) : [],
  );
  return { folder, decoder, adapters, tokenizer: await openTokenizer(folder) };
}
