// First and last adapted layer, counted from 0 as PEFT does; all of them unless narrowed.
import { NumberField } from '../../../panels/NumberField.tsx';
import { knownDescription, useModelStore } from '../../../stores/modelStore.ts';
import { changeAdapter, useSettingsStore } from '../../../stores/settingsStore.ts';

export function LayerRange() {
  const layers = useModelStore(({ status }) => knownDescription(status)?.layers ?? null);
  const range = useSettingsStore((state) => state.settings.adapter.layers);
  if (layers === null) return null;
  const [first, last] = range ?? [0, layers - 1];
  const change = (from: number, to: number) =>
    changeAdapter({ layers: from === 0 && to === layers - 1 ? undefined : [from, to] });
  return (
    <>
      <NumberField
        label="From layer"
        value={first}
        min={0}
        max={last}
        isWhole
        onChange={(from) => change(from, last)}
      />
      <NumberField
        label="To layer"
        value={last}
        min={first}
        max={layers - 1}
        isWhole
        onChange={(to) => change(first, to)}
      />
    </>
  );
}
