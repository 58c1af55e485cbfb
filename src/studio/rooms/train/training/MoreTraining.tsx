// The settings that seldom need a change.
import { Check } from '../../../panels/Check.tsx';
import { NumberField } from '../../../panels/NumberField.tsx';
import { Select } from '../../../panels/Select.tsx';
import { useDeviceStore } from '../../../stores/deviceStore.ts';
import { setPace, usePaceStore } from '../../../stores/paceStore.ts';
import { changeTraining, useSettingsStore } from '../../../stores/settingsStore.ts';
import { OptimizerFields } from './OptimizerFields.tsx';
import styles from './training.module.css';

export function MoreTraining() {
  const training = useSettingsStore((state) => state.settings.training);
  const ownSubmitMs = usePaceStore((state) => state.longestSubmitMs);
  const submitMs = useDeviceStore(
    ({ device }) => ownSubmitMs ?? (device.kind === 'ready' ? device.defaultSubmitMs : 0),
  );
  return (
    <div className={styles.moreFields}>
      <OptimizerFields />
      <Select
        label="Schedule"
        term="of the rate"
        value={training.schedule}
        options={[
          { value: 'constant', label: 'constant' },
          { value: 'linear', label: 'linear to 0' },
          { value: 'cosine', label: 'cosine to 0' },
        ]}
        onChange={(schedule) => changeTraining({ schedule })}
      />
      <NumberField
        label="Warm-up"
        term="steps"
        value={training.warmupSteps}
        min={0}
        isWhole
        onChange={(warmupSteps) => changeTraining({ warmupSteps })}
      />
      <NumberField
        label="Clip gradient norm"
        term="0 is off"
        value={training.clip}
        min={0}
        onChange={(clip) => changeTraining({ clip })}
      />
      <NumberField
        label="Accumulate"
        term="batches a step"
        value={training.accumulate}
        min={1}
        isWhole
        onChange={(accumulate) => changeTraining({ accumulate })}
      />
      <NumberField
        label="Longest row"
        term="tokens"
        value={training.maxLength}
        min={2}
        isWhole
        onChange={(maxLength) => changeTraining({ maxLength })}
      />
      <NumberField
        label="Seed"
        value={training.seed}
        min={0}
        max={0xffffffff}
        isWhole
        onChange={(seed) => changeTraining({ seed })}
      />
      <NumberField
        label="Validate every"
        term="steps, 0 never"
        value={training.evaluateEvery}
        min={0}
        isWhole
        onChange={(evaluateEvery) => changeTraining({ evaluateEvery })}
      />
      <NumberField
        label="Save every"
        term="steps, 0 at the end"
        value={training.saveEvery}
        min={0}
        isWhole
        onChange={(saveEvery) => changeTraining({ saveEvery })}
      />
      <NumberField
        label="Longest GPU submit"
        term="ms"
        help="Shorter leaves the machine smoother and costs some speed. Kept in this browser; changes no result."
        value={submitMs}
        min={1}
        onChange={setPace}
      />
      <div className={styles.checks}>
        <Check
          label="Shuffle the rows"
          isChecked={training.shuffle}
          onChange={(shuffle) => changeTraining({ shuffle })}
        />
        <Check
          label="Checkpointing"
          help="Keeps less and computes it again: less memory, about a third more time."
          isChecked={training.checkpointing}
          onChange={(checkpointing) => changeTraining({ checkpointing })}
        />
      </div>
    </div>
  );
}
