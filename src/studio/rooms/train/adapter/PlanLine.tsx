// What the choice comes to: parameters, share of the model, file.
import { formatBytes, formatExact, formatShare } from '../../../format.ts';
import { FactList } from '../../../panels/FactList.tsx';
import { shownPlan, useSettingsStore } from '../../../stores/settingsStore.ts';

export function PlanLine() {
  const plan = useSettingsStore((state) => shownPlan(state.plan));
  return (
    <FactList
      facts={[
        { name: 'Trainable', value: plan ? formatExact(plan.trainableParameters) : '–', title: 'parameters' },
        {
          name: 'Of the model',
          value: plan ? formatShare(plan.trainableParameters / plan.modelParameters) : '–',
        },
        {
          name: 'Adapter file',
          value: plan ? formatBytes(plan.adapterFileBytes) : '–',
          title: plan ? `${formatExact(plan.adapterFileBytes)} bytes` : undefined,
        },
      ]}
    />
  );
}
