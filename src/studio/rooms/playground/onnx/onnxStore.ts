// The loaded model in onnxruntime-web beside our own engine: what is chosen, how far the work is, what came of it.
import { create } from 'zustand';
import type { LaneTimes, LogitsDifference, Provider, RuntimeAnswer } from '../../../../runtime/protocol.ts';
import type { DeviceState } from '../../../../worker/protocol/device.ts';
import type { OnnxFormat } from '../../../../worker/protocol/exports.ts';
import type { Answer } from '../../../../worker/protocol/playground.ts';
import { useModelStore } from '../../../stores/modelStore.ts';

/** One speaker, heard in both engines on the same prompt, greedily. */
export interface Comparison {
  name: string;
  ours: Answer;
  theirs: RuntimeAnswer;
  difference: LogitsDifference;
}

export interface LaneResult {
  name: string;
  times: LaneTimes;
}

export interface Latency {
  lanes: LaneResult[];
  promptTokens: number;
  newTokens: number;
  rounds: number;
}

/** How both engines were run when a result came about. */
export interface Conditions {
  provider: Provider;
  format: OnnxFormat;
  /** The format that our engine keeps the weights in, and whether it is less exact than the model's files. */
  weights: string;
  isRounded: boolean;
}

export type Work =
  | { kind: 'idle' }
  /** `share` from 0 to 1; null while it has no measure. */
  | { kind: 'running'; label: string; share: number | null }
  | { kind: 'failed'; message: string };

interface OnnxState {
  /** null: where it is likely to be quick. */
  provider: Provider | null;
  format: OnnxFormat;
  work: Work;
  compared: (Conditions & { rows: Comparison[] }) | null;
  timed: (Conditions & Latency) | null;
}

export const useOnnx = create<OnnxState>()(() => ({
  provider: null,
  format: 'f32',
  work: { kind: 'idle' },
  compared: null,
  timed: null,
}));

// What was measured on another model has no place beside this one.
useModelStore.subscribe(({ status }, before) => {
  if (status.kind !== 'ready' && before.status.kind === 'ready') useOnnx.setState({ compared: null, timed: null });
});

/** WebGPU on the processor is slower than WebAssembly. */
export function providerOf(chosen: Provider | null, device: DeviceState): Provider {
  if (webGpuRefusal(device) !== null) return 'wasm';
  return chosen ?? (device.kind === 'ready' && !device.isSoftware ? 'webgpu' : 'wasm');
}

/**
 * Why no graph runs there; null when one does. Ours in f16 are widened, so a GPU without f16 runs them, all but those of
 * very large models, of which the runtime says it.
 */
export function webGpuRefusal(device: DeviceState): string | null {
  return device.kind === 'ready' ? null : 'there is no WebGPU here';
}
