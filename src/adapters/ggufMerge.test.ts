// Merging into a model from a GGUF file writes the transformers folder that merging into the original does.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { bytesSource } from '../formats/byteSource.ts';
import { openModelFolder } from '../formats/openModel.ts';
import type { ZipEntry } from '../formats/zipWriter.ts';
import { architectureOf } from '../model/architecture.ts';
import { layOutAdapters } from './adapterSet.ts';
import { mergedFolder } from './mergedFolder.ts';
import { readAdapter } from './peftFolder.ts';
import { parityArchitecture, parityFiles, readTensors } from './testFixtures.ts';

async function bytesOf(entry: ZipEntry | undefined): Promise<Uint8Array> {
  if (!entry) throw new Error('no such file');
  const bytes = entry.bytes();
  if (!(Symbol.asyncIterator in bytes)) return bytes;
  const chunks: Uint8Array[] = [];
  for await (const chunk of bytes) chunks.push(chunk.slice());
  return Buffer.concat(chunks);
}

test.each(['gpt2', 'llama-biases', 'qwen3-tied'])('%s', async (name) => {
  const gguf = readFileSync(new URL(`../../e2e/fixtures/gguf/${name}.gguf`, import.meta.url));
  const fromGguf = await openModelFolder([bytesSource(gguf, `models/${name}.gguf`)]);
  const original = await openModelFolder(parityFiles(`${name}/model`));
  if (fromGguf.kind !== 'model' || original.kind !== 'model') throw new Error('not a model');
  const a = parityArchitecture(name);
  const imported = await readAdapter(parityFiles(`${name}/adapter`), a);
  const layout = layOutAdapters(a, [imported.spec])[0]!;
  const adapter = { layout, block: imported.parametersFor(layout) };

  const written = await mergedFolder(fromGguf, a, adapter, { dtype: 'F32' });
  expect(written.map((file) => file.name).sort()).toEqual([
    'config.json',
    'generation_config.json',
    'model.safetensors',
    'tokenizer.json',
    'tokenizer_config.json',
  ]);
  const find = (files: readonly ZipEntry[], file: string) => bytesOf(files.find((entry) => entry.name === file));
  const weights = async (files: readonly ZipEntry[]) =>
    readTensors(bytesSource(await find(files, 'model.safetensors'), 'model.safetensors'));
  const theirs = await weights(await mergedFolder(original, a, adapter, { dtype: 'F32' }));
  expect(await weights(written)).toEqual(theirs);
  const config = JSON.parse(new TextDecoder().decode(await find(written, 'config.json')));
  expect(config.torch_dtype).toBe('float32');
  expect(JSON.stringify(architectureOf(config))).toBe(JSON.stringify(a));
});
