// Settings from a file become those of the next run, in Train.
import { Button } from '@mantine/core';
import { useRef } from 'react';
import { Panel } from '../../panels/Panel.tsx';
import { openRoom } from '../../routing.ts';
import styles from './library.module.css';

export function ImportSettings() {
  const input = useRef<HTMLInputElement>(null);
  const take = async (file: File | undefined) => {
    if (file) openRoom('train', { settings: await file.text() });
  };
  return (
    <Panel title="Import settings" note="JSON, as a run here gives it">
      <div className={styles.buttons}>
        <Button variant="default" size="compact-md" onClick={() => input.current?.click()}>
          Pick a settings file…
        </Button>
      </div>
      <input
        ref={input}
        type="file"
        hidden
        accept=".json,application/json"
        aria-label="Settings file"
        onChange={({ currentTarget }) => {
          void take(currentTarget.files?.[0]);
          // The same file again is a new choice.
          currentTarget.value = '';
        }}
      />
    </Panel>
  );
}
