// The settings of a run, or of the race that it is of, as a file or a link.
import { Button } from '@mantine/core';
import { useState } from 'react';
import type { RunRecord } from '../../../worker/protocol/runs.ts';
import { Check } from '../../panels/Check.tsx';
import { saveFile } from '../../runs/saveFile.ts';
import { settingsJson, settingsLink } from '../../runs/settingsFile.ts';
import styles from './library.module.css';

export function SettingsActions({ run }: { run: RunRecord }) {
  const [said, setSaid] = useState<string | null>(null);
  const [isOfRace, setOfRace] = useState(true);
  const size = run.race?.choices ? run.race.size : 1;
  const of = isOfRace && size > 1 ? 'race' : 'run';
  const copy = async () => {
    const link = settingsLink(run, of);
    try {
      await navigator.clipboard.writeText(link);
      setSaid('The link is copied: it opens Train with these settings.');
    } catch {
      setSaid(`The browser lets nothing be copied; the link is ${link}`);
    }
  };
  const save = () =>
    saveFile('rankwise-settings.json', new Blob([settingsJson(run, of)], { type: 'application/json' }));
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
      {size > 1 && (
        <Check label={`Settings of all ${size} adapters of its race`} isChecked={isOfRace} onChange={setOfRace} />
      )}
      {said && (
        <p role="status" className={styles.dim}>
          {said}
        </p>
      )}
    </>
  );
}
