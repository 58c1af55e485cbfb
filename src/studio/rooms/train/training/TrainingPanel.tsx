// How it learns: the three settings that matter first, the rest under "More".
import { formatLearningRate } from '../../../format.ts';
import { NumberField } from '../../../panels/NumberField.tsx';
import { NumbersField } from '../../../panels/NumbersField.tsx';
import { Panel } from '../../../panels/Panel.tsx';
import { changeChoices, changeTraining, useSettingsStore } from '../../../stores/settingsStore.ts';
import { FitToGpu } from './FitToGpu.tsx';
import { LengthField } from './LengthField.tsx';
import { MemoryBar } from './MemoryBar.tsx';
import { MoreTraining } from './MoreTraining.tsx';
import styles from './training.module.css';

export function TrainingPanel() {
  const learningRates = useSettingsStore((state) => state.choices.learningRate);
  const batchSize = useSettingsStore((state) => state.settings.training.batchSize);
  return (
    <Panel title="Training">
      <div className={styles.essentials}>
        <NumbersField
          label="Learning rate"
          values={learningRates}
          min={0}
          max={100}
          format={formatLearningRate}
          onChange={(learningRate) => changeChoices({ learningRate })}
        />
        <LengthField />
        <NumberField
          label="Batch"
          term="rows"
          value={batchSize}
          min={1}
          isWhole
          onChange={(rows) => changeTraining({ batchSize: rows })}
        />
      </div>
      <details className={styles.more}>
        <summary>More</summary>
        <MoreTraining />
      </details>
      <MemoryBar />
      <FitToGpu />
    </Panel>
  );
}
