// The shelf: each model with licence, size and what is already here, one click to load.
import { Button } from '@mantine/core';
import type { ModelSource, ShelfModel } from '../../../../worker/protocol.ts';
import { formatBytes, formatCount } from '../../../format.ts';
import { deleteCachedModel, useModelStore } from '../../../stores/modelStore.ts';
import styles from './model.module.css';

export function Shelf({ onChoose }: { onChoose: (source: ModelSource) => void }) {
  const shelf = useModelStore((state) => state.shelf);
  return (
    <ul className={styles.shelf}>
      {shelf.map((model) => (
        <li key={model.repo}>
          <div>
            <strong>{model.title}</strong>
            <p>
              {`${formatCount(model.parameters)} parameters · ${model.family} · ${model.licence}`}
              {model.isInstruct ? ' · instruct' : ''}
            </p>
            <p>{costText(model)}</p>
          </div>
          <div className={styles.shelfButtons}>
            {model.cachedBytes > 0 && (
              <Button
                size="compact-sm"
                variant="subtle"
                color="gray"
                aria-label={`Delete the kept files of ${model.title}`}
                onClick={() => void deleteCachedModel(model.repo)}
              >
                Delete
              </Button>
            )}
            <Button
              size="compact-sm"
              variant="default"
              aria-label={`Load ${model.title}`}
              onClick={() => onChoose({ kind: 'hub', repo: model.repo, revision: 'main' })}
            >
              Load
            </Button>
          </div>
        </li>
      ))}
    </ul>
  );
}

function costText(model: ShelfModel): string {
  const memory = `${formatBytes(model.parameters * 2)} of GPU memory at 16 bits`;
  const gate = model.isGated ? ' · needs a Hub token and an accepted licence: use its id below' : '';
  if (model.cachedBytes >= model.downloadBytes) return `Kept in this browser · ${memory}${gate}`;
  const kept = model.cachedBytes > 0 ? ` (${formatBytes(model.cachedBytes)} already here)` : '';
  return `${formatBytes(model.downloadBytes)} download${kept} · ${memory}${gate}`;
}
