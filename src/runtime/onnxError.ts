// What goes wrong with an exported folder or in onnxruntime, in words for the page.
import type { Failure } from './protocol.ts';

/** The message says what happened and what to do. */
export class OnnxError extends Error {
  override name = 'OnnxError';
}

/** The person asked for it to stop. */
export class CancelledError extends Error {
  override name = 'CancelledError';
  constructor() {
    super('Cancelled.');
  }
}

/** Errors of the rooms below whose message is a sentence for the page. */
const SPOKEN = new Set(['OnnxError', 'FormatError', 'DataError', 'SamplingError']);

/** What browsers, WebAssembly and onnxruntime say when memory ends. */
const OUT_OF_MEMORY =
  /bad_alloc|out of memory|failed to allocate|allocation failed|allocation size|could not allocate|larger than the maximum|cannot enlarge memory|array length|NotReadableError/i;

const LACKS_F16 = /shader-f16|\bf16\b.*(not|un)supported|enable f16/i;

export function failureOf(error: unknown): Failure {
  if (error instanceof CancelledError) return { message: error.message, isCancelled: true };
  return { message: messageFor(error), isCancelled: false };
}

function messageFor(error: unknown): string {
  if (error instanceof Error && SPOKEN.has(error.name)) return error.message;
  return runtimeMessage(error);
}

/** onnxruntime's own errors; a bare number is a C++ exception that nobody caught, which is nearly always about memory. */
export function runtimeMessage(error: unknown): string {
  const text = error instanceof Error ? error.message || error.name : String(error);
  if (typeof error === 'number' || /^\d+$/.test(text) || OUT_OF_MEMORY.test(text)) {
    return 'There was not enough memory for this model in onnxruntime. Close other tabs, take a smaller precision (f16 or 4-bit), or a smaller model: WebAssembly has 4 GB at most.';
  }
  if (LACKS_F16.test(text)) {
    return 'This graph computes in f16, which this GPU does not (WebGPU’s feature shader-f16). Take the f32 graph, or run it in WebAssembly.';
  }
  return `onnxruntime says: ${text}`;
}
