// One compared run with how it is told from the others, and what is known of it: what every picture of the room is made of.
import type { MatrixAmplification, MatrixSpectrum } from '../../../worker/protocol/analysis.ts';
import type { RunRecord, StepMetrics } from '../../../worker/protocol/runs.ts';
import type { RunMark } from './runMarks.ts';

export interface ComparedRun {
  run: RunRecord;
  mark: RunMark;
  /** Empty until read, and for imported adapters. */
  steps: readonly StepMetrics[];
  /** Null until measured. */
  spectra: readonly MatrixSpectrum[] | null;
  amplifications: readonly MatrixAmplification[] | null;
}

export type Target = MatrixSpectrum['target'];

/** One matrix of the model. */
export interface MatrixPlace {
  layer: number;
  target: Target;
}

/** `q of layer 3` */
export function placeText({ layer, target }: MatrixPlace): string {
  return `${target} of layer ${layer}`;
}

/** Of a run's measured matrices the one at this place. */
export function atPlace<T extends MatrixPlace>(
  measured: readonly T[] | null,
  { layer, target }: MatrixPlace,
): T | undefined {
  return measured?.find((one) => one.layer === layer && one.target === target);
}

/** Every matrix that some run adapts, by layer, then in the order of the first run's targets. */
export function adaptedPlaces(compared: readonly ComparedRun[]): { layers: number[]; targets: Target[] } {
  const places = compared.flatMap(({ spectra }) => spectra ?? []);
  const layers = [...new Set(places.map(({ layer }) => layer))].sort((a, b) => a - b);
  return { layers, targets: [...new Set(places.map(({ target }) => target))] };
}
