// Exported folders run by onnxruntime-web in WebAssembly, as a page without WebGPU runs them.
import { env, InferenceSession, Tensor } from 'onnxruntime-web';
import { layOutAdapters } from '../adapters/adapterSet.ts';
import { readAdapter } from '../adapters/peftFolder.ts';
import { parityArchitecture, parityFiles } from '../adapters/testFixtures.ts';
import { sortModelFiles } from '../formats/modelFolder.ts';
import type { ZipEntry } from '../formats/zipWriter.ts';
import type { Architecture } from '../model/architecture.ts';

env.logLevel = 'error';
env.wasm.numThreads = 1;

/** A fixture's model and adapter, as they are opened anywhere else. */
export async function openFixture(name: string) {
  const a = parityArchitecture(name);
  const model = sortModelFiles(parityFiles(`${name}/model`));
  if (model.kind !== 'model') throw new Error(`${name}: not a model`);
  const imported = await readAdapter(parityFiles(`${name}/adapter`), a);
  const layout = layOutAdapters(a, [imported.spec])[0]!;
  return { a, model, adapter: { layout, block: imported.parametersFor(layout) } };
}

export async function entryBytes(entry: ZipEntry): Promise<Uint8Array> {
  const bytes = entry.bytes();
  if (!(Symbol.asyncIterator in bytes)) return bytes;
  const chunks: Uint8Array[] = [];
  for await (const chunk of bytes) chunks.push(chunk.slice());
  const whole = Buffer.concat(chunks);
  if (whole.length !== entry.sizeBytes) throw new Error(`${entry.name}: ${whole.length} bytes, not ${entry.sizeBytes}`);
  return whole;
}

/** The folder's model, with its data files if it has any. */
export async function openSession(entries: readonly ZipEntry[]): Promise<InferenceSession> {
  const [model, ...data] = entries.filter(({ name }) => name.startsWith('onnx/'));
  const externalData = await Promise.all(
    data.map(async (entry) => ({ path: entry.name.slice('onnx/'.length), data: await entryBytes(entry) })),
  );
  return InferenceSession.create(await entryBytes(model!), externalData.length > 0 ? { externalData } : {});
}

/** Keys and values of every layer, by their names without the first part. */
export type Cache = Readonly<Record<string, Tensor>>;

export interface Rows {
  /** Of equal lengths; the first `padding` of each are not attended to. */
  readonly ids: readonly (readonly number[])[];
  readonly padding?: readonly number[];
}

export interface Answer {
  /** [rows, length, vocabulary] */
  readonly logits: Float32Array;
  readonly cache: Cache;
}

/** One call, after what `cache` holds. `extra`: a graph's further inputs. */
export async function run(
  session: InferenceSession,
  a: Architecture,
  { ids, padding = ids.map(() => 0) }: Rows,
  cache: Cache = emptyCache(a, ids.length),
  extra: Readonly<Record<string, Tensor>> = {},
): Promise<Answer> {
  const length = ids[0]!.length;
  const past = cache['0.key']!.dims[2]!;
  const rowsOf = (size: number, valueAt: (row: number, at: number) => number) => {
    const values = ids.flatMap((_, row) => Array.from({ length: size }, (_, at) => BigInt(valueAt(row, at))));
    return new Tensor('int64', BigInt64Array.from(values), [ids.length, size]);
  };
  const feeds: Record<string, Tensor> = {
    input_ids: rowsOf(length, (row, at) => ids[row]![at]!),
    attention_mask: rowsOf(past + length, (row, at) => (at < padding[row]! ? 0 : 1)),
    position_ids: rowsOf(length, (row, at) => Math.max(0, past + at - padding[row]!)),
    ...extra,
  };
  for (const [name, tensor] of Object.entries(cache)) feeds[`past_key_values.${name}`] = tensor;
  const { logits, ...present } = await session.run(feeds);
  if (!(logits?.data instanceof Float32Array)) throw new Error('logits are not f32');
  const entries = Object.entries(present).map(([name, tensor]) => [name.replace('present.', ''), tensor] as const);
  return { logits: logits.data, cache: Object.fromEntries(entries) };
}

function emptyCache(a: Architecture, batch: number): Cache {
  const empty = () => new Tensor('float32', new Float32Array(0), [batch, a.kvHeads, 0, a.headDim]);
  const names = Array.from({ length: a.layers }, (_, layer) => [`${layer}.key`, `${layer}.value`]).flat();
  return Object.fromEntries(names.map((name) => [name, empty()]));
}

/** (integer − zero point) · scale, as MatMulNBits is specified. */
export function dequantize(
  { data, scales, zeroPoints }: { data: Uint8Array; scales: Float32Array; zeroPoints: Uint8Array },
  bits: 4 | 8,
): Float32Array {
  return Float32Array.from({ length: scales.length * 32 }, (_, i) => {
    const block = Math.floor(i / 32);
    const integer = bits === 8 ? data[i]! : (data[i >> 1]! >> (4 * (i % 2))) & 15;
    return (integer - zeroPoints[block]!) * scales[block]!;
  });
}
