// The adapter: rank, strength, where it sits, and what that comes to.
import { Check } from '../../../panels/Check.tsx';
import { NumberField } from '../../../panels/NumberField.tsx';
import { Panel } from '../../../panels/Panel.tsx';
import { changeAdapter, useSettingsStore } from '../../../stores/settingsStore.ts';
import styles from './adapter.module.css';
import { LayerRange } from './LayerRange.tsx';
import { PlanLine } from './PlanLine.tsx';
import { RankChips } from './RankChips.tsx';
import { StartFrom } from './StartFrom.tsx';
import { TargetToggles } from './TargetToggles.tsx';

export function AdapterPanel() {
  const adapter = useSettingsStore((state) => state.settings.adapter);
  const scaling = adapter.alpha / (adapter.useRslora ? Math.sqrt(adapter.rank) : adapter.rank);
  return (
    <Panel title="Adapter" note="LoRA: each chosen W becomes W + s·B·A">
      <StartFrom />
      <RankChips />
      <TargetToggles />
      <div className={styles.fields}>
        <NumberField
          label="Strength"
          term="alpha"
          value={adapter.alpha}
          min={0.001}
          onChange={(alpha) => changeAdapter({ alpha })}
        />
        <NumberField
          label="Dropout"
          value={adapter.dropout}
          min={0}
          max={0.99}
          onChange={(dropout) => changeAdapter({ dropout })}
        />
        <LayerRange />
      </div>
      <Check
        label={`Scale by √r (rsLoRA): now ${Number(scaling.toPrecision(3))}× = alpha / ${adapter.useRslora ? '√r' : 'r'}`}
        isChecked={adapter.useRslora}
        onChange={(useRslora) => changeAdapter({ useRslora })}
      />
      <PlanLine />
    </Panel>
  );
}
