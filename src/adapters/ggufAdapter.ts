// A LoRA adapter as the GGUF file that llama.cpp loads beside a base model.
//
// The loader multiplies by alpha / rank of each matrix and knows one alpha and no rsLoRA. The file's alpha is that of most
// matrices (alpha·sqrt(rank) for rsLoRA); where another one is meant, B is multiplied by the ratio.
// Source: llama.cpp, `src/llama-adapter.cpp`; names and order of rows as in formats/ggufWeights.ts and ggufRows.ts.
import { F16_OVERFLOW, fromFloat32 } from '../formats/dtypes.ts';
import { reorderedHeads } from '../formats/ggufRows.ts';
import { ggufTensorName, hasPermutedRows } from '../formats/ggufWeights.ts';
import { type GgufEntry, type GgufTensor, ggufEntry } from '../formats/ggufWriter.ts';
import type { ZipEntry } from '../formats/zipWriter.ts';
import type { Architecture } from '../model/architecture.ts';
import { type AdaptedModule, AdapterError, type AdapterLayout } from './adapterSet.ts';
import { ggufArchitecture } from './ggufArchitecture.ts';
import { baseModelEntries } from './ggufEntries.ts';
import { partsByPath, stackedParts } from './stackedParts.ts';

export interface GgufAdapterOptions {
  /** The file's name, ending in .gguf. */
  readonly fileName: string;
  /** The adapter's, for people. */
  readonly title: string;
  /** Of the base model; an owner and a name, `owner/name`, is a Hub id. */
  readonly baseModel: string;
  /** Default F32. */
  readonly dtype?: 'F32' | 'F16';
}

/**
 * The adapter's file. `block`: its parameters, `layout.count` elements. Throws AdapterError for a model that llama.cpp
 * does not run as it is run here, and where a factor does not fit f16.
 */
export function ggufAdapterFile(
  a: Architecture,
  { layout, block }: { layout: AdapterLayout; block: Float32Array },
  { fileName, title, baseModel, dtype = 'F32' }: GgufAdapterOptions,
): ZipEntry {
  if (block.length !== layout.count) {
    throw new RangeError(`ggufAdapterFile: expected ${layout.count} parameters, got ${block.length}`);
  }
  const architecture = ggufArchitecture(a);
  const modules = partsByPath(layout);
  if (modules.length === 0) throw new AdapterError('This adapter has no matrices to write.');
  const alpha = usualAlpha(modules);
  const tensors = modules.flatMap((parts): GgufTensor[] => {
    const factorOf = (part: AdaptedModule, rank: number) => factorAt(part.scaling, rank, alpha);
    const { rank, down, up } = stackedParts(a, layout, parts, block, factorOf);
    const name = ggufTensorName(architecture, `${parts[0]?.path}.weight`);
    const rows = new Uint8Array(up.buffer);
    const ordered = hasPermutedRows(architecture, name) ? reorderedHeads(rows, 4 * rank, a.headDim, 'toGguf') : rows;
    return [
      floats(`${name}.lora_a`, [rank, down.length / rank], down, dtype),
      floats(`${name}.lora_b`, [up.length / rank, rank], new Float32Array(ordered.buffer), dtype),
    ];
  });
  const entries: GgufEntry[] = [
    { key: 'general.architecture', type: 'string', value: architecture },
    { key: 'general.type', type: 'string', value: 'adapter' },
    { key: 'general.name', type: 'string', value: title },
    ...baseModelEntries(baseModel),
    { key: 'general.file_type', type: 'u32', value: dtype === 'F32' ? 0 : 1 },
    { key: 'adapter.type', type: 'string', value: 'lora' },
    { key: 'adapter.lora.alpha', type: 'f32', value: alpha },
  ];
  return ggufEntry(fileName, entries, tensors);
}

/** The alpha that most matrices have when scaling is alpha / rank, as the file holds it; never 0, which there means none. */
function usualAlpha(modules: readonly (readonly AdaptedModule[])[]): number {
  const counts = new Map<number, number>();
  for (const parts of modules) {
    const rank = parts.reduce((sum, part) => sum + part.rank, 0);
    for (const { scaling } of parts) {
      const alpha = Math.fround(scaling * rank);
      if (alpha !== 0) counts.set(alpha, (counts.get(alpha) ?? 0) + 1);
    }
  }
  const [[alpha] = [1]] = [...counts].sort(([, x], [, y]) => y - x);
  return alpha;
}

function factorAt(scaling: number, rank: number, alpha: number): number {
  return Math.fround(scaling * rank) === alpha ? 1 : (scaling * rank) / alpha;
}

function floats(name: string, shape: number[], values: Float32Array<ArrayBuffer>, dtype: 'F32' | 'F16'): GgufTensor {
  const bytes = fromFloat32(values, dtype);
  if (dtype === 'F16' && values.some((value) => Math.abs(value) >= F16_OVERFLOW)) {
    throw new AdapterError(`${name} holds a number too large for f16: export it as f32.`);
  }
  return {
    name,
    dtype,
    shape,
    bytes: async function* () {
      yield bytes;
    },
  };
}
