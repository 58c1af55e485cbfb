// Before the Playground can answer: the model on its way, or the one button that brings it.
import { Button } from '@mantine/core';
import type { RunRecord } from '../../../worker/protocol/runs.ts';
import { formatBytes } from '../../format.ts';
import { EmptyState } from '../../panels/EmptyState.tsx';
import { ErrorNote } from '../../panels/ErrorNote.tsx';
import { ProgressBar } from '../../panels/ProgressBar.tsx';
import { routeTo } from '../../routing.ts';
import { cancelModel, loadModel, type ModelStatus } from '../../stores/modelStore.ts';

export function ModelGate({ status }: { status: Exclude<ModelStatus, { kind: 'ready' }> }) {
  if (status.kind === 'describing') return <ProgressBar label="Reading what the model is" share={null} />;
  if (status.kind === 'loading') {
    const { progress } = status;
    const isKnown = progress !== null && progress.totalBytes > 0;
    return (
      <ProgressBar
        label={`Loading ${status.description?.name ?? 'the model'}`}
        share={isKnown ? progress.doneBytes / progress.totalBytes : null}
        detail={isKnown ? `${formatBytes(progress.doneBytes)} of ${formatBytes(progress.totalBytes)}` : undefined}
        onCancel={() => void cancelModel()}
      />
    );
  }
  const { source } = status.kind === 'described' ? status : { source: { kind: 'builtin' } as const };
  return (
    <>
      {status.kind === 'failed' && <ErrorNote message={status.message} />}
      <EmptyState
        title="No model is loaded"
        action={
          <Button onClick={() => void loadModel(source)}>
            {status.kind === 'described' ? `Load ${status.description.name}` : 'Load the built-in model'}
          </Button>
        }
      >
        The Playground asks a frozen model, alone and with adapters, and shows the answers side by side. A model that
        was exported as ONNX <a href={routeTo('playground', { exported: '' })}>answers here too</a>.
      </EmptyState>
    </>
  );
}

/** The run of the address needs a model other than the one that is loaded. */
export function OtherModelNote({ run }: { run: RunRecord }) {
  const { source, name, baseModelId } = run.model;
  const load = () =>
    loadModel(source === 'builtin' ? { kind: 'builtin' } : { kind: 'hub', repo: baseModelId, revision: 'main' });
  return (
    <ErrorNote
      message={`“${run.name}” is an adapter for ${name}, and another model is loaded.${source === 'files' ? ' Drop that model’s folder in Train.' : ''}`}
      action={source === 'files' ? undefined : { label: `Load ${name}`, onClick: () => void load() }}
    />
  );
}
