// Whether Train can be pressed, and if not, what is missing or under way.
import { formatBytes, formatExact, formatNoun } from '../../../format.ts';
import { type DataStatus, useDataStore } from '../../../stores/dataStore.ts';
import { type ModelStatus, useModelStore } from '../../../stores/modelStore.ts';
import { type PlanStatus, shownPlan, useSettingsStore } from '../../../stores/settingsStore.ts';

export type Readiness =
  | { kind: 'ready'; text: string }
  | { kind: 'waiting'; text: string }
  | { kind: 'refused'; text: string; reason: string; canFit: boolean };

export function useReadiness(): Readiness {
  const model = useModelStore((state) => state.status);
  const data = useDataStore((state) => state.status);
  const plan = useSettingsStore((state) => state.plan);
  const lacksTargets = useSettingsStore((state) => state.choices.targets.some((set) => set.length === 0));
  if (lacksTargets) return waiting('Choose at least one matrix for the adapter');
  return readinessOf(model, data, plan);
}

function readinessOf(model: ModelStatus, data: DataStatus, plan: PlanStatus): Readiness {
  switch (model.kind) {
    case 'none':
    case 'failed':
      return waiting('Choose a model first');
    case 'described':
      return waiting('Load the model first');
    case 'describing':
    case 'loading':
      return waiting('Loading the model…');
    case 'ready':
      return dataReadiness(data, plan);
    default:
      return model satisfies never;
  }
}

function dataReadiness(data: DataStatus, plan: PlanStatus): Readiness {
  if (data.kind === 'none') return waiting('Choose data first');
  if (data.kind === 'failed') return waiting('The data cannot be used yet');
  if (data.kind === 'reading') return waiting('Reading the data…');
  if (plan.kind === 'failed')
    return { kind: 'refused', text: 'These settings cannot run', reason: plan.message, canFit: false };
  // A plan that is a moment old serves: starting checks the settings again.
  const shown = shownPlan(plan);
  if (shown === null) return waiting('Planning the run…');
  const { refusal, canFit, steps, memory, adapters } = shown;
  if (refusal !== null) return { kind: 'refused', text: 'This run cannot start', reason: refusal, canFit };
  const rows = formatNoun(data.description.trainRows, 'row');
  return {
    kind: 'ready',
    text: `Ready: ${adapters.length > 1 ? `${adapters.length} adapters, ` : ''}${formatExact(steps)} steps over ${rows}, ${formatBytes(memory.total)} of GPU memory`,
  };
}

function waiting(text: string): Readiness {
  return { kind: 'waiting', text };
}
