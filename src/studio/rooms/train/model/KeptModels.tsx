// Models from the Hub, beside the shelf's, that are whole in this browser: they open without a network.
import { Button } from '@mantine/core';
import type { ModelSource } from '../../../../worker/protocol/model.ts';
import { formatBytes } from '../../../format.ts';
import { useModelStore } from '../../../stores/modelStore.ts';
import styles from './model.module.css';

export function KeptModels({ onChoose }: { onChoose: (source: ModelSource) => void }) {
  const shelf = useModelStore((state) => state.shelf);
  const kept = useModelStore((state) => state.kept);
  const isOnShelf = (repo: string, endpoint: string | undefined) =>
    endpoint === undefined && shelf.some((model) => model.repo === repo);
  const others = kept.flatMap(({ repo, endpoint, sizeBytes, revisions }) =>
    revisions
      .filter((revision) => revision !== 'main' || !isOnShelf(repo, endpoint))
      .map((revision) => ({ repo, endpoint, sizeBytes, revision })),
  );
  if (others.length === 0) return null;
  return (
    <section className={styles.section}>
      <h3>Kept in this browser</h3>
      <p>Fetched before; they open without a network. The Library’s Storage lets go of them.</p>
      <ul className={styles.shelf}>
        {others.map(({ repo, endpoint, sizeBytes, revision }) => (
          <li key={`${endpoint} ${repo} ${revision}`}>
            <div>
              <strong>{repo}</strong>
              <p>
                {formatBytes(sizeBytes)}
                {revision === 'main' ? '' : ` · ${revision}`}
                {endpoint === undefined ? '' : ` · from ${endpoint}`}
              </p>
            </div>
            <div className={styles.shelfButtons}>
              <Button
                size="compact-sm"
                variant="default"
                aria-label={`Load ${repo}${revision === 'main' ? '' : ` at ${revision}`}`}
                onClick={() => onChoose({ kind: 'hub', repo, revision, ...(endpoint ? { endpoint } : {}) })}
              >
                Load
              </Button>
            </div>
          </li>
        ))}
      </ul>
    </section>
  );
}
