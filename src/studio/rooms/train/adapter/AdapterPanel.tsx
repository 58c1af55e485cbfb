// The adapter: rank, strength, where it sits, and what that comes to.
import { Check } from '../../../panels/Check.tsx';
import { NumbersField } from '../../../panels/NumbersField.tsx';
import { Panel } from '../../../panels/Panel.tsx';
import { changeAdapter, changeChoices, useSettingsStore } from '../../../stores/settingsStore.ts';
import styles from './adapter.module.css';
import { LayerRange } from './LayerRange.tsx';
import { PlanLine } from './PlanLine.tsx';
import { RaceMenu } from './RaceMenu.tsx';
import { RaceSizes } from './RaceSizes.tsx';
import { RankChips } from './RankChips.tsx';
import { StartFrom } from './StartFrom.tsx';
import { TargetToggles } from './TargetToggles.tsx';

export function AdapterPanel() {
  const adapter = useSettingsStore((state) => state.settings.adapter);
  const choices = useSettingsStore((state) => state.choices);
  const scalings = choices.alpha.flatMap((alpha) =>
    choices.rank.map((rank) => Number((alpha / (adapter.useRslora ? Math.sqrt(rank) : rank)).toPrecision(3))),
  );
  const [least, most] = [Math.min(...scalings), Math.max(...scalings)];
  return (
    <Panel title="Adapter" note="LoRA: each chosen W becomes W + s·B·A">
      <StartFrom />
      <RankChips />
      <TargetToggles />
      <RaceMenu />
      <div className={styles.fields}>
        <NumbersField
          label="Strength"
          term="alpha"
          values={choices.alpha}
          min={0.001}
          onChange={(alpha) => changeChoices({ alpha })}
        />
        <NumbersField
          label="Dropout"
          values={choices.dropout}
          min={0}
          max={0.99}
          onChange={(dropout) => changeChoices({ dropout })}
        />
        <LayerRange />
      </div>
      <Check
        label={`Scale by √r (rsLoRA): now ${least === most ? least : `${least}–${most}`}× = alpha / ${adapter.useRslora ? '√r' : 'r'}`}
        isChecked={adapter.useRslora}
        onChange={(useRslora) => changeAdapter({ useRslora })}
      />
      <PlanLine />
      <RaceSizes />
    </Panel>
  );
}
