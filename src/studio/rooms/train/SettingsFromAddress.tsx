// Settings that came with the address (`#/train?settings={…}`): read by the worker, taken over once the studio has its own,
// and gone from the address, so that a reload does not bring them back over later changes.
import { useEffect } from 'react';
import { create } from 'zustand';
import { call } from '../../../worker/client.ts';
import { ErrorNote } from '../../panels/ErrorNote.tsx';
import { routeTo, useRoute } from '../../routing.ts';
import { readData, readFirstRow, useDataStore } from '../../stores/dataStore.ts';
import { messageOf } from '../../stores/messageOf.ts';
import { isRunActive, leaveRun, useRunStore } from '../../stores/runStore.ts';
import { changeChoices, setSettings } from '../../stores/settingsStore.ts';
import styles from './TrainRoom.module.css';

type Taken = { kind: 'none' } | { kind: 'taken' } | { kind: 'failed'; message: string };

const useTaken = create<{ taken: Taken }>()(() => ({ taken: { kind: 'none' } }));

export function SettingsFromAddress() {
  const text = useRoute().params.get('settings');
  const hasData = useDataStore(({ status }) => status.kind !== 'none' && status.kind !== 'reading');
  const taken = useTaken((state) => state.taken);
  useEffect(() => {
    if (text !== null && hasData) void takeSettings(text);
  }, [text, hasData]);
  if (taken.kind === 'failed') return <ErrorNote message={taken.message} />;
  return taken.kind === 'taken' ? (
    <p role="status" className={styles.note}>
      These settings came with the link or file that was opened.
    </p>
  ) : null;
}

async function takeSettings(text: string): Promise<void> {
  window.history.replaceState(null, '', routeTo('train'));
  try {
    const { settings, choices, taskId, firstRow } = await call('readSettings', { text });
    if (isRunActive(useRunStore.getState().state)) {
      throw new Error('A run is under way: stop it or let it end, then open the link again.');
    }
    leaveRun();
    setSettings(settings);
    if (choices) changeChoices(choices);
    if (firstRow) await readFirstRow(firstRow);
    const { status, tasks } = useDataStore.getState();
    const isThere = status.kind === 'ready' && status.source.kind === 'builtin' && status.source.taskId === taskId;
    if (taskId !== null && !isThere && tasks.some(({ id }) => id === taskId)) {
      const { maxLength, seed } = settings.training;
      await readData({ kind: 'builtin', taskId }, { maxLength, seed, validationFraction: 0 });
    }
    useTaken.setState({ taken: { kind: 'taken' } });
  } catch (error) {
    useTaken.setState({ taken: { kind: 'failed', message: messageOf(error) } });
  }
}
