// What PEFT and transformers saved (e2e/fixtures/parity), as the files that a person drops.
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type ByteSource, bytesSource } from '../formats/byteSource.ts';
import { type FloatDtype, fromFloat32, isFloatDtype, toFloat32 } from '../formats/dtypes.ts';
import { readSafetensorsHeader, writeSafetensors } from '../formats/safetensors.ts';
import { type Architecture, architectureOf } from '../model/architecture.ts';

const PARITY = fileURLToPath(new URL('../../e2e/fixtures/parity/', import.meta.url));

export const PARITY_CASES = readdirSync(PARITY);

/** Every file of `e2e/fixtures/parity/<path>`. */
export function parityFiles(path: string): ByteSource[] {
  const folder = `${PARITY}${path}/`;
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ name }) => bytesSource(readFileSync(folder + name), name));
}

export function parityArchitecture(name: string): Architecture {
  return architectureOf(JSON.parse(readFileSync(`${PARITY}${name}/model/config.json`, 'utf8')));
}

export interface NamedTensor {
  shape: readonly number[];
  values: Float32Array<ArrayBuffer>;
}

export async function readTensors(source: ByteSource): Promise<Map<string, NamedTensor>> {
  const { tensors } = await readSafetensorsHeader(source);
  const read = new Map<string, NamedTensor>();
  for (const { name, dtype, shape, offset, sizeBytes } of tensors.values()) {
    if (!isFloatDtype(dtype)) continue;
    read.set(name, { shape, values: toFloat32(await source.read(offset, sizeBytes), dtype) });
  }
  return read;
}

export async function safetensorsSource(
  tensors: ReadonlyMap<string, NamedTensor>,
  dtype: FloatDtype,
  fileName: string,
): Promise<ByteSource> {
  const chunks: Uint8Array[] = [];
  const entries = [...tensors].map(([name, { shape, values }]) => ({
    name,
    dtype,
    shape,
    bytes: async () => fromFloat32(values, dtype),
  }));
  await writeSafetensors(entries, async (chunk) => void chunks.push(chunk));
  return bytesSource(Buffer.concat(chunks), fileName);
}

/** The files with one of them replaced. */
export function withFile(files: readonly ByteSource[], replacement: ByteSource): ByteSource[] {
  return [...files.filter(({ name }) => name !== replacement.name), replacement];
}

/** The files with fields of adapter_config.json changed. */
export async function withConfig(files: readonly ByteSource[], changes: object): Promise<ByteSource[]> {
  const config = files.find(({ name }) => name === 'adapter_config.json');
  if (!config) throw new Error('no adapter_config.json');
  const json: object = JSON.parse(new TextDecoder().decode(await config.read(0, config.sizeBytes)));
  const text = JSON.stringify({ ...json, ...changes });
  return withFile(files, bytesSource(new TextEncoder().encode(text), 'adapter_config.json'));
}
