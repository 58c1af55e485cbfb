// A PEFT folder (or its zip) or a GGUF adapter of this machine, for a model.
import { type AdapterLayout, flatElements, layOutAdapters } from '../adapters/adapterSet.ts';
import { answeringAdapters, placeParameters } from '../adapters/answering.ts';
import type { ImportedAdapter } from '../adapters/importedAdapter.ts';
import { readAdapter } from '../adapters/peftFolder.ts';
import type { ByteSource } from '../formats/byteSource.ts';
import { isGguf } from '../formats/ggufShards.ts';
import { openZip } from '../formats/zipReader.ts';
import type { Gpu } from '../gpu/device.ts';
import type { AdapterChoice, AnsweringAdapters } from '../model/answeringAdapters.ts';
import type { Architecture } from '../model/architecture.ts';
import { existing, fileSource, folderSources } from './fileSource.ts';
import { onThisMachine } from './hub/hubCache.ts';
import { InputError } from './inputError.ts';

export interface LocalAdapter extends ImportedAdapter {
  readonly layout: AdapterLayout;
  /** layout.count elements, from 0. */
  readonly block: Float32Array<ArrayBuffer>;
}

/** A Hub id is downloaded first. Throws FormatError, AdapterError, HubError or InputError, naming file, field or tensor. */
export async function openLocalAdapter(given: string, a: Architecture): Promise<LocalAdapter> {
  const path = await onThisMachine(given);
  const files = await adapterSources(path);
  const adapter = await readAdapter(files, a);
  const [layout] = layOutAdapters(a, [adapter.spec]);
  if (!layout) throw new RangeError('openLocalAdapter: no layout');
  return { ...adapter, layout, block: adapter.parametersFor(layout) };
}

/** The files of a PEFT folder or of its zip; or a GGUF adapter. Throws InputError, and FormatError for no zip. */
export async function adapterSources(path: string): Promise<readonly ByteSource[]> {
  if (existing(path).isDirectory()) return folderSources(path);
  if (/\.(safetensors|bin|json)$/i.test(path)) {
    throw new InputError(`${path}: a file of an adapter, not all of it; give the folder that it lies in`);
  }
  return isGguf(path) ? [fileSource(path)] : openZip(fileSource(path));
}

/** Flat parameters of this adapter alone, padding included. */
export function flatParameters({ layout, block }: Pick<LocalAdapter, 'layout' | 'block'>): Float32Array<ArrayBuffer> {
  const flat = new Float32Array(flatElements([layout]));
  flat.set(block, layout.start);
  return flat;
}

/** The adapter on the GPU, to generate or take logits with; nothing for the frozen model alone. */
export function answering(
  gpu: Gpu,
  a: Architecture,
  adapter: LocalAdapter | undefined,
): { adapters?: AnsweringAdapters; choice?: AdapterChoice } {
  if (!adapter) return {};
  const parameters = placeParameters(gpu, flatParameters(adapter));
  return { adapters: answeringAdapters(a, [adapter.layout], parameters), choice: { adapter: 0, strength: 1 } };
}
