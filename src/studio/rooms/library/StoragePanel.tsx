// What this browser keeps for Rankwise, and downloaded models that can be let go.
import { Button } from '@mantine/core';
import { useEffect, useState } from 'react';
import { call } from '../../../worker/client.ts';
import type { Calls, ShelfModel } from '../../../worker/protocol.ts';
import { formatBytes } from '../../format.ts';
import { ErrorNote } from '../../panels/ErrorNote.tsx';
import { Panel } from '../../panels/Panel.tsx';
import { messageOf } from '../../stores/messageOf.ts';
import { deleteCachedModel, refreshShelf, useModelStore } from '../../stores/modelStore.ts';
import styles from './library.module.css';

type Storage =
  | { kind: 'loading' }
  | ({ kind: 'ready' } & Calls['storageUsed']['reply'])
  | { kind: 'failed'; message: string };

export function StoragePanel({ runCount }: { runCount: number }) {
  const shelf = useModelStore((state) => state.shelf);
  const [storage, setStorage] = useState<Storage>({ kind: 'loading' });
  const cached = shelf.filter(({ cachedBytes }) => cachedBytes > 0);

  // biome-ignore lint/correctness/useExhaustiveDependencies: a run or a model more or less changes what is used.
  useEffect(() => {
    call('storageUsed', {}).then(
      (used) => setStorage({ kind: 'ready', ...used }),
      (error) => setStorage({ kind: 'failed', message: messageOf(error) }),
    );
  }, [runCount, shelf]);
  useEffect(() => {
    refreshShelf().catch((error) => setStorage({ kind: 'failed', message: messageOf(error) }));
  }, []);

  const letGo = (model: ShelfModel) =>
    deleteCachedModel(model.repo).catch((error) => setStorage({ kind: 'failed', message: messageOf(error) }));

  return (
    <Panel
      title="Storage"
      note={storage.kind === 'ready' ? `${formatBytes(storage.usedBytes)} of ${formatBytes(storage.quotaBytes)}` : null}
    >
      {storage.kind === 'failed' && <ErrorNote message={storage.message} />}
      {storage.kind === 'ready' && (
        <meter
          className={styles.meter}
          min={0}
          max={Math.max(storage.quotaBytes, 1)}
          value={storage.usedBytes}
          aria-label="Storage used"
        />
      )}
      {cached.length === 0 ? (
        <p className={styles.dim}>No downloaded models are kept. Runs and adapters stay in this browser only.</p>
      ) : (
        <ul className={styles.plainList} aria-label="Downloaded models">
          {cached.map((model) => (
            <li key={model.repo} className={styles.cachedModel}>
              <span>
                {model.title} <span className={styles.dim}>{formatBytes(model.cachedBytes)}</span>
              </span>
              <Button
                variant="default"
                size="compact-sm"
                aria-label={`Delete the downloaded ${model.title}`}
                onClick={() => void letGo(model)}
              >
                Delete
              </Button>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}
