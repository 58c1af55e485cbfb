// What the choice comes to: parameters, share of the model, file.
import { formatBytes, formatExact, formatShare } from '../../../format.ts';
import { FactList } from '../../../panels/FactList.tsx';
import { shownPlan, useSettingsStore } from '../../../stores/settingsStore.ts';

export function PlanLine() {
  const plan = useSettingsStore((state) => shownPlan(state.plan));
  const adapters = plan?.adapters.length ?? 1;
  const ofModel = {
    name: 'Of the model',
    value: plan ? formatShare(plan.trainableParameters / plan.modelParameters) : '–',
  };
  return (
    <FactList
      facts={[
        {
          name: adapters > 1 ? `Trainable, all ${adapters}` : 'Trainable',
          value: plan ? formatExact(plan.trainableParameters) : '–',
          title: 'parameters',
        },
        // Of a race each has its own share, in the table below.
        ...(adapters > 1 ? [] : [ofModel]),
        {
          name: adapters > 1 ? `Files, all ${adapters}` : 'Adapter file',
          value: plan ? formatBytes(plan.adapterFileBytes) : '–',
          title: plan ? `${formatExact(plan.adapterFileBytes)} bytes` : undefined,
        },
      ]}
    />
  );
}
