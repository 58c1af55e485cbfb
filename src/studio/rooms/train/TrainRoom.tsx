// Train, top to bottom: Model → Data → Adapter → Go. On a wide screen the settings stand beside the curves.
import { useDeviceStore } from '../../stores/deviceStore.ts';
import { isRunActive, useRunStore } from '../../stores/runStore.ts';
import { AdapterPanel } from './adapter/AdapterPanel.tsx';
import { DataPanel } from './data/DataPanel.tsx';
import { GoPanel } from './go/GoPanel.tsx';
import { ModelPanel } from './model/ModelPanel.tsx';
import { LostGpu, NoWebGpu } from './NoWebGpu.tsx';
import { SettingsFromAddress } from './SettingsFromAddress.tsx';
import styles from './TrainRoom.module.css';
import { TrainingPanel } from './training/TrainingPanel.tsx';

export function TrainRoom() {
  const device = useDeviceStore((state) => state.device);
  const isLocked = useRunStore((store) => isRunActive(store.state));
  const hasOwnModel = useRunStore((store) => store.hasOwnModel);
  if (device.kind === 'missing') return <NoWebGpu reason={device.reason} />;
  return (
    <>
      <h1 className="visually-hidden">Train an adapter</h1>
      {device.kind === 'lost' && <LostGpu reason={device.reason} />}
      <SettingsFromAddress />
      <div className={styles.room}>
        <fieldset className={styles.settings} disabled={isLocked}>
          <legend className="visually-hidden">
            {isLocked ? 'Settings, locked while a run is under way' : 'Settings of the next run'}
          </legend>
          {isLocked && hasOwnModel && (
            <p className={styles.note}>
              The run was resumed with its own model, data and settings. These are for the next one.
            </p>
          )}
          <ModelPanel />
          <DataPanel />
          <AdapterPanel />
          <TrainingPanel />
        </fieldset>
        <GoPanel />
      </div>
    </>
  );
}
