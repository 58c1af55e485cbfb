// Settings as a model can have them.
import type { ModelDescription } from '../../worker/protocol/model.ts';
import type { RunSettings } from './settingsTypes.ts';

/**
 * Leaves out matrices that another family does not have (its own first one if none is left) and layers that are not there,
 * and makes rows no longer than the positions. The same object where nothing is to change.
 */
export function settingsForModel(
  settings: RunSettings,
  { targets, layers, maxPositions }: Pick<ModelDescription, 'targets' | 'layers' | 'maxPositions'>,
): RunSettings {
  const { adapter, training } = settings;
  const known = targets.map(({ target }) => target);
  const kept = adapter.targets.filter((target) => known.includes(target));
  const range = adapter.layers !== undefined && adapter.layers[1] < layers ? adapter.layers : undefined;
  const isAdapterKept = kept.length === adapter.targets.length && range === adapter.layers;
  const areRowsKept = training.maxLength <= maxPositions;
  if (isAdapterKept && areRowsKept) return settings;
  const chosen = { ...adapter, targets: kept.length > 0 ? kept : known.slice(0, 1), layers: range };
  return {
    adapter: isAdapterKept ? adapter : chosen,
    training: areRowsKept ? training : { ...training, maxLength: maxPositions },
  };
}
