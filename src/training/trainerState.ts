// What a run must keep to go on to the same bits.
import type { TrainingSettings } from './settings.ts';

/** Flat parameters and moments, and the last optimizer step they have seen. */
export interface TrainerState {
  readonly step: number;
  readonly parameters: Float32Array<ArrayBuffer>;
  readonly first: Float32Array<ArrayBuffer>;
  /** AdamW only. */
  readonly second: Float32Array<ArrayBuffer> | undefined;
  /** Adapters that no step changes any more, and the last step that each has seen. */
  readonly stopped: readonly StoppedAdapter[];
}

export interface StoppedAdapter {
  /** Place in the layouts. */
  readonly adapter: number;
  readonly step: number;
}

/** A state to start from: these parameters, no momentum. */
export function freshState(parameters: Float32Array<ArrayBuffer>, settings: TrainingSettings): TrainerState {
  const zeros = () => new Float32Array(parameters.length);
  const second = settings.optimizer.kind === 'adamw' ? zeros() : undefined;
  return { step: 0, parameters, first: zeros(), second, stopped: [] };
}
