// A decoder graph in a session: tokens in, logits out, keys and values handed from step to step. With WebGPU the cache and
// the adapters stay on the GPU between steps; in WebAssembly they are copied in and out, as onnxruntime-web does it.
import type { InferenceSession, Tensor } from 'onnxruntime-web';
import { fromFloat32, toFloat32 } from '../formats/dtypes.ts';
import { type FloatType, type GraphSignature, readSignature } from './graphSignature.ts';
import { OnnxError, runtimeMessage } from './onnxError.ts';
import type { Ort } from './ortRuntime.ts';
import type { Provider } from './protocol.ts';

export interface GraphBytes {
  readonly graph: Uint8Array;
  /** `path` is the name that the graph has for it. */
  readonly externalData: readonly { readonly path: string; readonly data: Uint8Array }[];
}

/** One adapter's factors by input; what it lacks is fed as no adapter is. */
export type AdapterFeeds = Readonly<Record<string, Tensor>>;

/** Logits come for every token of a step: those of a long prompt would not fit into memory at once. */
const MOST_STEP_TOKENS = 64;
/** More layers than any model has: outputs must be named before the graph is known. */
const MOST_LAYERS = 512;

export class Decoder {
  #noAdapter: AdapterFeeds = {};

  private constructor(
    readonly ort: Ort,
    readonly session: InferenceSession,
    readonly signature: GraphSignature,
    readonly provider: Provider,
  ) {}

  /** Throws OnnxError: not enough memory, a graph that is no decoder, operators that are not there. */
  static async open(ort: Ort, { graph, externalData }: GraphBytes, provider: Provider): Promise<Decoder> {
    const session = await worded(
      ort.InferenceSession.create(graph, {
        executionProviders: [provider],
        externalData,
        logSeverityLevel: 3,
        ...(provider === 'webgpu' ? { preferredOutputLocation: CACHE_ON_GPU } : {}),
      }),
    );
    try {
      const decoder = new Decoder(ort, session, readSignature(session), provider);
      decoder.#noAdapter = await noAdapter(decoder);
      return decoder;
    } catch (error) {
      await session.release();
      throw error;
    }
  }

  /** A new answer, its cache empty. */
  start(adapter: AdapterFeeds): Conversation {
    return new Conversation(this, { ...this.#noAdapter, ...adapter });
  }

  /** `values` on the CPU in a graph's own type. */
  floats(type: FloatType, values: Float32Array<ArrayBuffer>, dims: readonly number[]): Tensor {
    const { Tensor } = this.ort;
    if (type === 'float32') return new Tensor('float32', values, dims);
    return new Tensor('float16', new Uint16Array(fromFloat32(values, 'F16').buffer), dims);
  }

  /** As `floats`, for what is fed again and again: where the graph runs on the GPU it is kept there. */
  async kept(type: FloatType, values: Float32Array<ArrayBuffer>, dims: readonly number[]): Promise<Tensor> {
    const tensor = this.floats(type, values, dims);
    if (this.provider === 'wasm') return tensor;
    const { data } = tensor;
    const device = await this.ort.env.webgpu.device;
    if (!ArrayBuffer.isView(data)) return tensor;
    const size = Math.ceil(data.byteLength / 16) * 16;
    const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
    const buffer = device.createBuffer({ size, usage });
    const bytes = new Uint8Array(size);
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    device.queue.writeBuffer(buffer, 0, bytes);
    return this.ort.Tensor.fromGpuBuffer(buffer, { dataType: type, dims: [...dims], dispose: () => buffer.destroy() });
  }

  async release(): Promise<void> {
    for (const tensor of Object.values(this.#noAdapter)) tensor.dispose();
    await this.session.release();
  }
}

export class Conversation {
  readonly #decoder: Decoder;
  readonly #adapter: AdapterFeeds;
  #cache: Record<string, Tensor>;
  #past = 0;

  constructor(decoder: Decoder, adapter: AdapterFeeds) {
    const { signature } = decoder;
    this.#decoder = decoder;
    this.#adapter = adapter;
    this.#cache = Object.fromEntries(
      signature.cache.map(({ name, type, heads, headDim }) => [
        name,
        decoder.floats(type, new Float32Array(0), [1, heads, 0, headDim]),
      ]),
    );
  }

  /**
   * Takes `ids` in, a few at a time, and gives every one's logits to `onRow`, valid only until it returns. Gives the last
   * one's. Between pieces `pause` may throw.
   */
  async take(
    ids: readonly number[],
    pause: () => Promise<void>,
    onRow: (index: number, logits: Float32Array) => void = () => {},
  ): Promise<Float32Array> {
    let last = new Float32Array(0);
    const pieceOf = this.#mostStepTokens(ids.length);
    for (let start = 0; start < ids.length; start += pieceOf) {
      if (start > 0) await pause();
      const piece = ids.slice(start, start + pieceOf);
      const logits = await this.#step(piece);
      const vocabulary = logits.length / piece.length;
      for (let i = 0; i < piece.length; i++) {
        onRow(start + i, logits.subarray(i * vocabulary, (i + 1) * vocabulary));
      }
      last = logits.slice(-vocabulary);
    }
    return last;
  }

  #mostStepTokens(length: number): number {
    if (!this.#decoder.signature.hasCacheBranch) return MOST_STEP_TOKENS;
    return this.#past === 0 ? length : 1;
  }

  /** [tokens, vocabulary] */
  async #step(ids: readonly number[]): Promise<Float32Array<ArrayBuffer>> {
    const { ort, session, signature } = this.#decoder;
    const { Tensor } = ort;
    const whole = (values: readonly number[]) => {
      const wide = BigInt64Array.from(values, BigInt);
      return new Tensor('int64', wide, [1, values.length]);
    };
    const positions = ids.map((_, i) => this.#past + i);
    const outputs = await worded(
      session.run({
        input_ids: whole(ids),
        attention_mask: whole(new Array<number>(this.#past + ids.length).fill(1)),
        ...(signature.takesPositions ? { position_ids: whole(positions) } : {}),
        // 0: all of them.
        ...(signature.takesLogitsCount ? { num_logits_to_keep: new Tensor('int64', [0n], []) } : {}),
        ...(signature.hasCacheBranch ? { use_cache_branch: new Tensor('bool', [this.#past > 0], [1]) } : {}),
        ...this.#cache,
        ...this.#adapter,
      }),
    );
    const { logits } = outputs;
    if (logits === undefined) throw new OnnxError('This graph gave no logits.');
    const before = Object.values(this.#cache);
    this.#cache = Object.fromEntries(
      signature.cache.map(({ name, present }) => {
        const next = outputs[present];
        if (next === undefined) throw new OnnxError(`This graph gave no ${present}.`);
        return [name, next];
      }),
    );
    for (const tensor of before) tensor.dispose();
    this.#past += ids.length;
    return floatsOf(logits);
  }

  /** Gives the cache's memory back. */
  end(): void {
    for (const tensor of Object.values(this.#cache)) tensor.dispose();
  }
}

/** Rank 0; with WebGPU, where onnxruntime-web 1.30 binds no empty buffer, zeros of rank 1, which add the same nothing. */
async function noAdapter(decoder: Decoder): Promise<AdapterFeeds> {
  const rank = decoder.provider === 'webgpu' ? 1 : 0;
  const feeds: Record<string, Tensor> = {};
  for (const { name, factor, features, type } of decoder.signature.adapter) {
    const dims = factor === 'A' ? [features, rank] : [rank, features];
    feeds[name] = await decoder.kept(type, new Float32Array(features * rank), dims);
  }
  return feeds;
}

const CACHE_ON_GPU = Object.fromEntries(
  Array.from({ length: MOST_LAYERS }, (_, layer) => [`present.${layer}.key`, `present.${layer}.value`])
    .flat()
    .map((name) => [name, 'gpu-buffer' as const]),
);

async function floatsOf(tensor: Tensor): Promise<Float32Array<ArrayBuffer>> {
  const data = await tensor.getData(true);
  if (data instanceof Float32Array) return new Float32Array(data);
  // f16 comes as its bits, or as a Float16Array where the browser has them.
  if (tensor.type === 'float16' && ArrayBuffer.isView(data)) {
    return toFloat32(new Uint8Array(data.buffer, data.byteOffset, data.byteLength).slice(), 'F16');
  }
  throw new OnnxError(`logits: expected float32 or float16, got ${tensor.type}.`);
}

async function worded<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw new OnnxError(runtimeMessage(error));
  }
}
