// The frozen model: which it is, what it costs, and the way to another.
import { Button } from '@mantine/core';
import { Suspense, useState } from 'react';
import { formatBytes } from '../../../format.ts';
import { droppedFiles } from '../../../panels/droppedFiles.ts';
import { ErrorNote } from '../../../panels/ErrorNote.tsx';
import { lazyPart } from '../../../panels/lazyPart.ts';
import { Panel } from '../../../panels/Panel.tsx';
import { ProgressBar } from '../../../panels/ProgressBar.tsx';
import { useFileDrop } from '../../../panels/useFileDrop.ts';
import { fitBelow } from '../../../stores/fitStore.ts';
import { cancelModel, describeModel, loadModel, type ModelStatus, useModelStore } from '../../../stores/modelStore.ts';
import { isRunActive, useRunStore } from '../../../stores/runStore.ts';
import { ModelFacts } from './ModelFacts.tsx';
import { WeightFormats } from './WeightFormats.tsx';

const BiggerMachines = lazyPart(() => import('./bigger/BiggerMachines.tsx').then((module) => module.BiggerMachines));
const ModelDrawer = lazyPart(() => import('./ModelDrawer.tsx').then((module) => module.ModelDrawer));

export function ModelPanel() {
  const status = useModelStore((state) => state.status);
  const [open, setOpen] = useState<'choose' | 'bigger' | null>(null);
  const isLocked = useRunStore((store) => isRunActive(store.state));
  const drop = useFileDrop((dropped) => void openDropped(dropped), isLocked);
  return (
    <Panel
      title="Model"
      drop={drop}
      note={status.kind === 'ready' ? 'frozen' : undefined}
      actions={
        <Button size="compact-sm" variant="default" onClick={() => setOpen('choose')}>
          Change model
        </Button>
      }
    >
      <ModelBody status={status} onChoose={() => setOpen('choose')} />
      <Suspense>
        {open === 'choose' && <ModelDrawer onClose={() => setOpen(null)} onBigger={() => setOpen('bigger')} />}
        {open === 'bigger' && <BiggerMachines onClose={() => setOpen(null)} />}
      </Suspense>
    </Panel>
  );
}

/** A model folder, its files or a GGUF file. */
async function openDropped(dropped: DataTransfer): Promise<void> {
  const files = await droppedFiles(dropped);
  if (files.length > 0) await describeModel({ kind: 'files', files });
}

function ModelBody({ status, onChoose }: { status: ModelStatus; onChoose: () => void }) {
  switch (status.kind) {
    case 'none':
      return <ErrorNote message="No model is chosen." action={{ label: 'Choose a model', onClick: onChoose }} />;
    case 'describing':
      return <ProgressBar label="Reading the model’s configuration" share={null} onCancel={() => void cancelModel()} />;
    case 'described':
    case 'ready':
      return (
        <>
          <ModelFacts description={status.description} />
          <WeightFormats status={status} />
        </>
      );
    case 'loading':
      return (
        <>
          {status.description && <ModelFacts description={status.description} />}
          <LoadProgress status={status} />
        </>
      );
    case 'failed':
      return <ErrorNote message={status.message} action={wayOut(status.triedBytes)} />;
    default:
      return status satisfies never;
  }
}

/** Smaller weights where room was what was missing, else the model that is always there. */
function wayOut(triedBytes: number | null) {
  if (triedBytes !== null) return { label: 'Fit to this GPU', onClick: () => void fitBelow(triedBytes) };
  return { label: 'Use the built-in model', onClick: () => void loadModel({ kind: 'builtin' }) };
}

function LoadProgress({ status }: { status: Extract<ModelStatus, { kind: 'loading' }> }) {
  const { progress } = status;
  if (progress === null)
    return <ProgressBar label="Opening the model" share={null} onCancel={() => void cancelModel()} />;
  const verb = progress.phase === 'download' ? 'Downloading' : 'Loading';
  return (
    <ProgressBar
      label={`${verb} ${progress.file}`}
      share={progress.totalBytes > 0 ? progress.doneBytes / progress.totalBytes : null}
      detail={`${formatBytes(progress.doneBytes)} of ${formatBytes(progress.totalBytes)}`}
      onCancel={() => void cancelModel()}
    />
  );
}
