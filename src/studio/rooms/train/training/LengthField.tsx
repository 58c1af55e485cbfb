// How long: optimizer steps, or passes over the rows.
import { NumberField } from '../../../panels/NumberField.tsx';
import { Select } from '../../../panels/Select.tsx';
import { changeTraining, shownPlan, useSettingsStore } from '../../../stores/settingsStore.ts';

export function LengthField() {
  const length = useSettingsStore((state) => state.settings.training.length);
  const plan = useSettingsStore((state) => shownPlan(state.plan));
  const stepsPerEpoch = plan?.stepsPerEpoch ?? 100;
  return (
    <>
      <Select
        label="Length in"
        value={length.kind}
        options={[
          { value: 'steps', label: 'steps' },
          { value: 'epochs', label: 'epochs' },
        ]}
        onChange={(kind) => {
          if (kind === length.kind) return;
          changeTraining({
            length:
              kind === 'steps'
                ? { kind, steps: plan?.steps ?? 200 }
                : { kind, epochs: Math.max(Math.round((plan?.steps ?? 200) / stepsPerEpoch), 1) },
          });
        }}
      />
      {length.kind === 'steps' ? (
        <NumberField
          label="Steps"
          value={length.steps}
          min={1}
          isWhole
          onChange={(steps) => changeTraining({ length: { kind: 'steps', steps } })}
        />
      ) : (
        <NumberField
          label="Epochs"
          value={length.epochs}
          min={0.01}
          onChange={(epochs) => changeTraining({ length: { kind: 'epochs', epochs } })}
        />
      )}
    </>
  );
}
