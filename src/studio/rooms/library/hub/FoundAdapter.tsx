// What was found on the Hub, the base that it is for, and the one click that brings it in.
import { Button } from '@mantine/core';
import type { HubAdapter, HubPlace } from '../../../../worker/protocol/hub.ts';
import { formatBytes } from '../../../format.ts';
import { ErrorNote } from '../../../panels/ErrorNote.tsx';
import { ProgressBar } from '../../../panels/ProgressBar.tsx';
import { type ModelStatus, useModelStore } from '../../../stores/modelStore.ts';
import styles from '../hubForms.module.css';
import { cancelHubImport, importFound, loadBaseAndImport, useHubImportStore } from './hubImportStore.ts';

export function FoundAdapter() {
  const state = useHubImportStore((store) => store.state);
  const status = useModelStore((store) => store.status);
  const cancel = () => void cancelHubImport();
  switch (state.kind) {
    case 'idle':
      return null;
    case 'lookingUp':
      return <ProgressBar label="Looking at its configuration" share={null} onCancel={cancel} />;
    case 'found':
      return <Found place={state.place} adapter={state.adapter} status={status} />;
    case 'loadingBase':
      return <LoadingBase adapter={state.adapter} status={status} onCancel={cancel} />;
    case 'importing': {
      const { file, doneBytes, totalBytes } = state;
      return (
        <ProgressBar
          label={file === '' ? 'Opening the repository' : `Downloading ${file}`}
          share={totalBytes > 0 ? doneBytes / totalBytes : null}
          {...(totalBytes > 0 ? { detail: `${formatBytes(doneBytes)} of ${formatBytes(totalBytes)}` } : {})}
          onCancel={cancel}
        />
      );
    }
    case 'failed':
      return <ErrorNote message={state.message} />;
    default:
      return state satisfies never;
  }
}

function Found({ place, adapter, status }: { place: HubPlace; adapter: HubAdapter; status: ModelStatus }) {
  const { repo, rank, alpha, sizeBytes, baseName, base } = adapter;
  const loaded = status.kind === 'ready' ? status.description : null;
  const isBaseLoaded = loaded !== null && loaded.baseModelId === baseName;
  const canLoad = base !== null && !isBaseLoaded;
  const nameOfBase = base?.kind === 'builtin' ? 'the built-in model' : (baseName ?? 'a model that it does not name');
  return (
    <div className={`${styles.found} ${styles.apart}`}>
      <p role="status">
        <strong>{repo}</strong>: rank {rank}, alpha {alpha}, {formatBytes(sizeBytes)}. Its base is{' '}
        <strong>{nameOfBase}</strong>
        {isBaseLoaded ? ', which is loaded.' : '.'}
      </p>
      {base === null && <p>That is no name on the Hub: load the base in Train first, or import for what is loaded.</p>}
      <div className={styles.buttons}>
        {canLoad && (
          <Button size="compact-md" onClick={() => void loadBaseAndImport(place, adapter)}>
            Load its base and import
          </Button>
        )}
        {loaded !== null && (
          <Button size="compact-md" variant={canLoad ? 'default' : 'filled'} onClick={() => void importFound(place)}>
            {isBaseLoaded ? 'Import' : `Import for ${loaded.name}`}
          </Button>
        )}
      </div>
    </div>
  );
}

interface LoadingProps {
  adapter: HubAdapter;
  status: ModelStatus;
  onCancel: () => void;
}

function LoadingBase({ adapter, status, onCancel }: LoadingProps) {
  const progress = status.kind === 'loading' ? status.progress : null;
  const isKnown = progress !== null && progress.totalBytes > 0;
  return (
    <ProgressBar
      label={`${progress?.phase === 'download' ? 'Downloading' : 'Loading'} its base, ${adapter.baseName}`}
      share={isKnown ? progress.doneBytes / progress.totalBytes : null}
      {...(isKnown ? { detail: `${formatBytes(progress.doneBytes)} of ${formatBytes(progress.totalBytes)}` } : {})}
      onCancel={onCancel}
    />
  );
}
