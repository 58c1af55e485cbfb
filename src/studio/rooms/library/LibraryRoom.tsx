// Library: every run with its settings and results, kept across reloads. Works without WebGPU.
import { Button } from '@mantine/core';
import { useEffect } from 'react';
import { EmptyState } from '../../panels/EmptyState.tsx';
import { ErrorNote } from '../../panels/ErrorNote.tsx';
import { routeTo, useRoute } from '../../routing.ts';
import { refreshRuns, useLibraryStore } from '../../stores/libraryStore.ts';
import { ImportAdapter } from './ImportAdapter.tsx';
import { ImportSettings } from './ImportSettings.tsx';
import styles from './library.module.css';
import { RunDetail } from './RunDetail.tsx';
import { RunList } from './RunList.tsx';
import { StoragePanel } from './StoragePanel.tsx';

export function LibraryRoom() {
  const status = useLibraryStore((state) => state.status);
  const openedId = useRoute().params.get('run');
  useEffect(() => {
    void refreshRuns();
  }, []);

  if (status.kind === 'loading') return <p role="status">Reading the Library…</p>;
  if (status.kind === 'failed') {
    return <ErrorNote message={status.message} action={{ label: 'Read again', onClick: () => void refreshRuns() }} />;
  }
  const { runs } = status;
  const opened = runs.find(({ id }) => id === openedId);
  return (
    <>
      <h1 className="visually-hidden">Library</h1>
      <div className={styles.room} data-open={opened !== undefined || undefined}>
        <div className={styles.main}>
          {runs.length === 0 ? (
            <EmptyState
              title="No runs yet"
              action={
                <Button component="a" href={routeTo('train')}>
                  Train an adapter
                </Button>
              }
            >
              Every run that you train is kept here with its settings and results, in this browser only.
            </EmptyState>
          ) : (
            <RunList runs={runs} openedId={openedId} />
          )}
          {openedId !== null && opened === undefined && (
            <ErrorNote message="The run of this address is not in this browser's Library. It may have been deleted." />
          )}
          <div className={styles.below}>
            <ImportAdapter />
            <ImportSettings />
            <StoragePanel runCount={runs.length} />
          </div>
        </div>
        {opened !== undefined && <RunDetail key={opened.id} run={opened} />}
      </div>
    </>
  );
}
