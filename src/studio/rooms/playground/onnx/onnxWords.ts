// Conditions and numbers of a comparison, for the page.
import type { Conditions } from './onnxStore.ts';

const PROVIDERS = { webgpu: 'WebGPU', wasm: 'WebAssembly, one thread' };

export function runtimeText({ provider, format }: Pick<Conditions, 'provider' | 'format'>): string {
  return `onnxruntime-web in ${PROVIDERS[provider]}, ${format === 'q4' ? '4-bit weights' : format}`;
}

/** What runs on what; says so where the engines do not have the same weights. */
export function enginesText(conditions: Conditions): string {
  const { format, weights, isRounded } = conditions;
  const rounded = [format === 'q4' ? 'onnxruntime’s' : null, isRounded ? 'our' : null].filter((who) => who !== null);
  const why = rounded.length === 0 ? '' : `. The logits differ by the rounding of ${rounded.join(' and ')} weights`;
  return `${runtimeText(conditions)}; our engine on WebGPU, weights ${weights}${why}`;
}

/** `2.4e-6`, `0.031`, `2.2`, `0` */
export function magnitude(value: number): string {
  if (value === 0) return '0';
  return value < 0.01 ? value.toExponential(1) : value.toPrecision(2);
}

/** `3.1 ms`, `142 ms` */
export function milliseconds(value: number): string {
  return `${value < 99.95 ? value.toFixed(1) : value.toFixed(0)} ms`;
}
