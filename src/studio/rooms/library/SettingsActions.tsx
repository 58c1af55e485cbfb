// A run's settings as a file or a link.
import { Button } from '@mantine/core';
import { useState } from 'react';
import type { RunRecord } from '../../../worker/protocol.ts';
import { saveFile } from '../../runs/saveFile.ts';
import { settingsJson, settingsLink } from '../../runs/settingsFile.ts';
import styles from './library.module.css';

export function SettingsActions({ run }: { run: RunRecord }) {
  const [said, setSaid] = useState<string | null>(null);
  const copy = async () => {
    const link = settingsLink(run);
    try {
      await navigator.clipboard.writeText(link);
      setSaid('The link is copied: it opens Train with these settings.');
    } catch {
      setSaid(`The browser lets nothing be copied; the link is ${link}`);
    }
  };
  const save = () => saveFile('rankwise-settings.json', new Blob([settingsJson(run)], { type: 'application/json' }));
  return (
    <>
      <div className={styles.buttons}>
        <Button size="xs" variant="default" onClick={save}>
          Settings as JSON
        </Button>
        <Button size="xs" variant="default" onClick={() => void copy()}>
          Copy link to settings
        </Button>
      </div>
      {said && (
        <p role="status" className={styles.dim}>
          {said}
        </p>
      )}
    </>
  );
}
