// Settings from a file become those of the next run, in Train.
import { Panel } from '../../panels/Panel.tsx';
import { PickButton } from '../../panels/PickButton.tsx';
import { openRoom } from '../../routing.ts';
import styles from './library.module.css';

export function ImportSettings() {
  const take = async (file: File | undefined) => {
    if (file) openRoom('train', { settings: await file.text() });
  };
  return (
    <Panel title="Import settings" note="JSON, as a run here gives it">
      <div className={styles.buttons}>
        <PickButton
          variant="default"
          size="compact-md"
          kind="file"
          accept=".json,application/json"
          label="Settings file"
          onPick={([file]) => void take(file)}
        >
          Pick a settings file…
        </PickButton>
      </div>
    </Panel>
  );
}
