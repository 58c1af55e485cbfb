// onnxruntime-web, brought when first asked for: its WebAssembly is an asset of this page, fetched with progress. The
// build with WebGPU is twice as large, so that one is fetched only where WebGPU was chosen.
import type { Env, InferenceSession, Tensor } from 'onnxruntime-web';
import { OnnxError } from './onnxError.ts';
import type { Provider, WebGpuState } from './protocol.ts';

/** The part of the library that is used here. */
export interface Ort {
  readonly InferenceSession: typeof InferenceSession;
  readonly Tensor: typeof Tensor;
  readonly env: Env;
}

export type Report = (doneBytes: number, totalBytes: number) => void;

const brought = new Map<Provider, Promise<Ort>>();

/** Throws OnnxError when it cannot be fetched; the next call tries again. */
export function bringRuntime(provider: Provider, report: Report): Promise<Ort> {
  const known = brought.get(provider);
  if (known) return known;
  const bringing = bring(provider, report);
  brought.set(provider, bringing);
  bringing.catch(() => brought.delete(provider));
  return bringing;
}

async function bring(provider: Provider, report: Report): Promise<Ort> {
  const ort = provider === 'webgpu' ? await import('onnxruntime-web/webgpu') : await import('onnxruntime-web/wasm');
  const { default: url } =
    provider === 'webgpu'
      ? await import('onnxruntime-web/ort-wasm-simd-threaded.asyncify.wasm?url')
      : await import('onnxruntime-web/ort-wasm-simd-threaded.wasm?url');
  // More threads need a page that is isolated from others by its server's headers, which a plain file server does not send.
  ort.env.wasm.numThreads = 1;
  ort.env.logLevel = 'error';
  ort.env.wasm.wasmBinary = await fetchBytes(url, report);
  return ort;
}

async function fetchBytes(url: string, report: Report): Promise<ArrayBuffer> {
  const failed = (why: string) => new OnnxError(`onnxruntime could not be fetched from this page’s server (${why}).`);
  const response = await fetch(url).catch((error: unknown) => {
    throw failed(error instanceof Error ? error.message : String(error));
  });
  if (!response.ok || !response.body) throw failed(`status ${response.status}`);
  const totalBytes = Number(response.headers.get('content-length') ?? 0);
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let doneBytes = 0;
  const reader = response.body.getReader();
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    parts.push(next.value);
    doneBytes += next.value.length;
    report(doneBytes, Math.max(totalBytes, doneBytes));
  }
  return new Blob(parts).arrayBuffer();
}

/** Asks the browser, without onnxruntime. */
export async function probeWebGpu(): Promise<WebGpuState> {
  const refused = (refusal: string): WebGpuState => ({ refusal, hasF16: false });
  if (!('gpu' in navigator)) return refused('this browser has no WebGPU');
  try {
    const adapter = await navigator.gpu.requestAdapter();
    if (!adapter) return refused('WebGPU found no GPU here');
    return { refusal: null, hasF16: adapter.features.has('shader-f16') };
  } catch (error) {
    return refused(error instanceof Error ? error.message : String(error));
  }
}
