// The update rule and its own numbers.
import { formatLearningRate } from '../../../format.ts';
import { NumberField } from '../../../panels/NumberField.tsx';
import { Select } from '../../../panels/Select.tsx';
import { changeTraining, STANDARD_SETTINGS, useSettingsStore } from '../../../stores/settingsStore.ts';

const STANDARD = STANDARD_SETTINGS.training.optimizer;

export function OptimizerFields() {
  const optimizer = useSettingsStore((state) => state.settings.training.optimizer);
  const weightDecay = useSettingsStore((state) => state.settings.training.weightDecay);
  return (
    <>
      <Select
        label="Optimizer"
        value={optimizer.kind}
        options={[
          { value: 'adamw', label: 'AdamW' },
          { value: 'sgd', label: 'SGD' },
        ]}
        onChange={(kind) => changeTraining({ optimizer: kind === 'adamw' ? STANDARD : { kind, momentum: 0 } })}
      />
      <NumberField
        label="Weight decay"
        value={weightDecay}
        min={0}
        onChange={(decay) => changeTraining({ weightDecay: decay })}
      />
      {optimizer.kind === 'sgd' ? (
        <NumberField
          label="Momentum"
          value={optimizer.momentum}
          min={0}
          max={0.9999}
          onChange={(momentum) => changeTraining({ optimizer: { ...optimizer, momentum } })}
        />
      ) : (
        <>
          <NumberField
            label="Beta 1"
            value={optimizer.beta1}
            min={0}
            max={0.99999}
            onChange={(beta1) => changeTraining({ optimizer: { ...optimizer, beta1 } })}
          />
          <NumberField
            label="Beta 2"
            value={optimizer.beta2}
            min={0}
            max={0.99999}
            onChange={(beta2) => changeTraining({ optimizer: { ...optimizer, beta2 } })}
          />
          <NumberField
            label="Epsilon"
            value={optimizer.eps}
            min={1e-30}
            format={formatLearningRate}
            onChange={(eps) => changeTraining({ optimizer: { ...optimizer, eps } })}
          />
        </>
      )}
    </>
  );
}
