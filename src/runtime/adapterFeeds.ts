// An adapter of an exported folder as a graph's inputs. The file's tensors are named as the inputs are, with the scaling
// folded in; `adapter` among its metadata is the adapter's name.
import type { Tensor } from 'onnxruntime-web';
import type { ByteSource } from '../formats/byteSource.ts';
import { isFloatDtype, toFloat32 } from '../formats/dtypes.ts';
import { FormatError } from '../formats/formatError.ts';
import { readSafetensorsHeader, type TensorInfo } from '../formats/safetensors.ts';
import type { AdapterFeeds, Decoder } from './decoder.ts';
import { adapterName } from './exportedFolder.ts';
import type { AdapterInput } from './graphSignature.ts';

export interface LoadedAdapter {
  readonly name: string;
  /** The highest of its matrices. */
  readonly rank: number;
  readonly feeds: AdapterFeeds;
}

/** Throws a FormatError that names the tensor: one that the graph does not take, without its partner, of another shape. */
export async function loadAdapter(file: ByteSource, decoder: Decoder): Promise<LoadedAdapter> {
  const { tensors, metadata } = await readSafetensorsHeader(file);
  const inputs = new Map(decoder.signature.adapter.map((input) => [input.name, input]));
  const feeds: Record<string, Tensor> = {};
  const ranks = new Map<string, number>();
  for (const info of tensors.values()) {
    const input = inputs.get(info.name);
    if (!input) {
      throw new FormatError(file.name, `${info.name} is no input of this graph; the adapter is for another model`);
    }
    const rank = rankOf(info, input, file);
    const matrix = info.name.replace(/lora_[AB](\.weight)?$/, '');
    const other = ranks.get(matrix) ?? rank;
    if (other !== rank)
      throw new FormatError(file.name, `${matrix}: lora_A and lora_B differ in rank, ${other} and ${rank}`);
    ranks.set(matrix, rank);
    feeds[info.name] = await decoder.kept(input.type, await values(file, info), info.shape);
  }
  const alone = Object.keys(feeds).find((name) => !(partnerOf(name) in feeds));
  if (alone !== undefined) throw new FormatError(file.name, `has ${alone} without ${partnerOf(alone)}`);
  const name = metadata.get('adapter') || adapterName(file);
  return { name, rank: Math.max(0, ...ranks.values()), feeds };
}

function rankOf({ name, shape }: TensorInfo, { factor, features }: AdapterInput, file: ByteSource): number {
  const [first = 0, second = 0] = shape;
  const [wide, rank] = factor === 'A' ? [first, second] : [second, first];
  if (shape.length === 2 && wide === features) return rank;
  const expected = factor === 'A' ? `[${features}, rank]` : `[rank, ${features}]`;
  throw new FormatError(file.name, `${name}: expected ${expected}, got [${shape.join(', ')}]; it is for another model`);
}

function partnerOf(name: string): string {
  return name.replace(/lora_([AB])((?:\.weight)?)$/, (_, factor, end) => `lora_${factor === 'A' ? 'B' : 'A'}${end}`);
}

async function values(file: ByteSource, info: TensorInfo): Promise<Float32Array<ArrayBuffer>> {
  if (!isFloatDtype(info.dtype)) {
    throw new FormatError(file.name, `${info.name}: stored as ${info.dtype}; F32, F16 and BF16 can be read`);
  }
  return toFloat32(await file.read(info.offset, info.sizeBytes), info.dtype);
}
