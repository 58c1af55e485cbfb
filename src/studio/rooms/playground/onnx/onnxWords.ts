// Conditions and numbers of a comparison, for the page.
import type { Conditions } from './onnxStore.ts';

const PROVIDERS = { webgpu: 'WebGPU', wasm: 'WebAssembly, one thread' };

/** What runs on what; says so where the engines do not have the same weights. */
export function conditionsText({ provider, format, weights, isRounded }: Conditions): string {
  const rounded = isRounded ? `, which are rounded from the model’s files: its logits differ by that` : '';
  return `onnxruntime-web in ${PROVIDERS[provider]}, ${format}; our engine on WebGPU with ${weights} weights${rounded}`;
}

/** `2.4e-6`, `0` */
export function magnitude(value: number): string {
  return value === 0 ? '0' : value.toExponential(1);
}

/** `3.1 ms`, `142 ms` */
export function milliseconds(value: number): string {
  return `${value < 99.95 ? value.toFixed(1) : value.toFixed(0)} ms`;
}
