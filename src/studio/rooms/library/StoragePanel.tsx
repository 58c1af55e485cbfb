// What this browser keeps for Rankwise, and downloaded models that can be let go.
import { Button } from '@mantine/core';
import { useEffect, useState } from 'react';
import { call } from '../../../worker/client.ts';
import type { Calls } from '../../../worker/protocol.ts';
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
  const kept = useModelStore((state) => state.kept);
  const [storage, setStorage] = useState<Storage>({ kind: 'loading' });
  const titleOf = (repo: string) => shelf.find((model) => model.repo === repo)?.title ?? repo;

  // biome-ignore lint/correctness/useExhaustiveDependencies: a run or a model more or less changes what is used.
  useEffect(() => {
    call('storageUsed', {}).then(
      (used) => setStorage({ kind: 'ready', ...used }),
      (error) => setStorage({ kind: 'failed', message: messageOf(error) }),
    );
  }, [runCount, kept]);
  useEffect(() => {
    refreshShelf().catch((error) => setStorage({ kind: 'failed', message: messageOf(error) }));
  }, []);

  const letGo = (repo: string) =>
    deleteCachedModel(repo).catch((error) => setStorage({ kind: 'failed', message: messageOf(error) }));

  return (
    <Panel title="Storage" note={storage.kind === 'ready' ? usedText(storage) : null}>
      {storage.kind === 'failed' && <ErrorNote message={storage.message} />}
      {storage.kind === 'ready' && storage.quotaBytes > 0 && (
        <meter
          className={styles.meter}
          min={0}
          max={storage.quotaBytes}
          value={storage.usedBytes}
          aria-label="Storage used"
        />
      )}
      {kept.length === 0 ? (
        <p className={styles.dim}>No downloaded models are kept. Runs and adapters stay in this browser only.</p>
      ) : (
        <ul className={styles.plainList} aria-label="Downloaded models">
          {kept.map(({ repo, endpoint, sizeBytes }) => (
            <li key={`${endpoint} ${repo}`} className={styles.cachedModel}>
              <span>
                {titleOf(repo)} <span className={styles.dim}>{formatBytes(sizeBytes)}</span>
              </span>
              <Button
                variant="default"
                size="compact-sm"
                aria-label={`Delete the downloaded ${titleOf(repo)}`}
                onClick={() => void letGo(repo)}
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

/** Not every browser says how much it grants. */
function usedText({ usedBytes, quotaBytes }: Calls['storageUsed']['reply']): string {
  return quotaBytes > 0 ? `${formatBytes(usedBytes)} of ${formatBytes(quotaBytes)}` : `${formatBytes(usedBytes)} used`;
}
