// One button that makes the run fit into the GPU memory there is, and the field that says how much there is.
import { Button } from '@mantine/core';
import { ErrorNote } from '../../../panels/ErrorNote.tsx';
import { NumberField } from '../../../panels/NumberField.tsx';
import { useDeviceStore } from '../../../stores/deviceStore.ts';
import { budgetBytes, fitToGpu, setBudget, useFitStore } from '../../../stores/fitStore.ts';
import { useModelStore } from '../../../stores/modelStore.ts';
import { useSettingsStore } from '../../../stores/settingsStore.ts';
import styles from './training.module.css';

const GB = 1e9;

export function FitToGpu() {
  const own = useFitStore((state) => state.ownBudgetBytes);
  const status = useFitStore((state) => state.status);
  const settings = useSettingsStore((state) => state.settings);
  const model = useModelStore((state) => state.status.kind);
  const isOpen = useDeviceStore(({ device }) => device.kind === 'ready');
  const canFit = model === 'ready' || model === 'described' || model === 'failed';
  const isFitting = status.kind === 'fitting';
  return (
    <div className={styles.fit}>
      <div className={styles.fitControls}>
        <NumberField
          label="Memory to use"
          term={own === null ? 'GB, guessed' : 'GB'}
          value={Number((budgetBytes(own) / GB).toPrecision(3))}
          min={0.001}
          onChange={(gigabytes) => setBudget(gigabytes * GB)}
        />
        <Button variant="default" disabled={!isOpen || !canFit || isFitting} onClick={() => void fitToGpu()}>
          Fit to this GPU
        </Button>
      </div>
      <p role="status" className={styles.fitText}>
        {isFitting && 'Planning runs that may fit…'}
        {status.kind === 'fitted' && status.settings === settings && `Chosen: ${status.reason}`}
      </p>
      {status.kind === 'failed' && <ErrorNote message={status.message} />}
    </div>
  );
}
