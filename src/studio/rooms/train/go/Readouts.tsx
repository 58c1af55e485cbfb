// The instrument's numbers. Written into the page once per frame, past React.
import { type ReactNode, useRef } from 'react';
import { useFrame } from '../../../panels/useFrame.ts';
import { useRunStore } from '../../../stores/runStore.ts';
import { useSettingsStore } from '../../../stores/settingsStore.ts';
import styles from './go.module.css';
import { READOUTS, readValues } from './readValues.ts';

export function Readouts() {
  const list = useRef<HTMLDListElement>(null);
  useFrame(() => {
    const values = readValues(useRunStore.getState(), useSettingsStore.getState().plan);
    list.current?.querySelectorAll('dd').forEach((cell, index) => {
      const text = values[index] ?? '–';
      if (cell.textContent !== text) cell.textContent = text;
    });
  });
  return (
    <dl ref={list} className={styles.readouts}>
      {READOUTS.map(
        (name): ReactNode => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>–</dd>
          </div>
        ),
      )}
    </dl>
  );
}
