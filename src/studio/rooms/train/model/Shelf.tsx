// The shelf: each model with licence, size and what is already here, one click to load.
import { Button } from '@mantine/core';
import { useEffect, useState } from 'react';
import type { ModelSource, ShelfModel } from '../../../../worker/protocol/model.ts';
import { formatBytes, formatCount } from '../../../format.ts';
import { ErrorNote } from '../../../panels/ErrorNote.tsx';
import { messageOf } from '../../../stores/messageOf.ts';
import { deleteCachedModel, refreshShelf, useModelStore } from '../../../stores/modelStore.ts';
import styles from './model.module.css';

interface Props {
  onChoose: (source: ModelSource) => void;
  /** A gated model goes by its id and a token. */
  onNeedToken: (repo: string) => void;
}

export function Shelf({ onChoose, onNeedToken }: Props) {
  const shelf = useModelStore((state) => state.shelf);
  const [error, setError] = useState<string | null>(null);
  const explain = (failure: unknown) => setError(messageOf(failure));
  useEffect(() => {
    refreshShelf().catch((failure) => setError(messageOf(failure)));
  }, []);
  if (error !== null) return <ErrorNote message={error} />;
  return (
    <ul className={styles.shelf}>
      {shelf.map((model) => (
        <li key={model.repo}>
          <div>
            <strong>{model.title}</strong>
            <p>
              {`${formatCount(model.parameters)} parameters · ${model.family} · licence ${model.licence}`}
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
                onClick={() => deleteCachedModel(model.repo).catch(explain)}
              >
                Delete
              </Button>
            )}
            <Button
              size="compact-sm"
              variant="default"
              aria-label={`${needsToken(model) ? 'Enter a token for' : 'Load'} ${model.title}`}
              onClick={() =>
                needsToken(model)
                  ? onNeedToken(model.repo)
                  : onChoose({ kind: 'hub', repo: model.repo, revision: 'main' })
              }
            >
              {needsToken(model) ? 'Enter token' : 'Load'}
            </Button>
          </div>
        </li>
      ))}
    </ul>
  );
}

function needsToken(model: ShelfModel): boolean {
  return model.isGated && model.cachedBytes < model.downloadBytes;
}

function costText(model: ShelfModel): string {
  const memory = `${formatBytes(model.parameters * 2)} of GPU memory at 16 bits`;
  const gate = model.isGated ? ' · needs a Hub token and an accepted licence' : '';
  if (model.cachedBytes >= model.downloadBytes) return `Kept in this browser · ${memory}${gate}`;
  const kept = model.cachedBytes > 0 ? ` (${formatBytes(model.cachedBytes)} already here)` : '';
  return `${formatBytes(model.downloadBytes)} download${kept} · ${memory}${gate}`;
}
