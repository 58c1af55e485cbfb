import { adaptedPlaces, type ComparedRun, type MatrixPlace } from './compared.ts';

/** The matrix asked for where some run adapts it, else the first matrix in the middle of the network; null before any was measured. */
export function chosenPlace(compared: readonly ComparedRun[], wanted: MatrixPlace | null): MatrixPlace | null {
  const { layers, targets } = adaptedPlaces(compared);
  if (wanted && layers.includes(wanted.layer) && targets.includes(wanted.target)) return wanted;
  const [layer, target] = [layers[Math.floor(layers.length / 2)], targets[0]];
  return layer === undefined || target === undefined ? null : { layer, target };
}
