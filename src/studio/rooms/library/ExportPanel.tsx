// Taking a run away: the adapter for PEFT, or the whole model with the adapter merged in.
import { Button } from '@mantine/core';
import { useState } from 'react';
import type { MergedFormat, RunRecord } from '../../../worker/protocol.ts';
import { formatBytes } from '../../format.ts';
import { ErrorNote } from '../../panels/ErrorNote.tsx';
import { ProgressBar } from '../../panels/ProgressBar.tsx';
import { Select } from '../../panels/Select.tsx';
import { cancelExport, canWriteFolders, exportAdapter, exportMerged, useExportStore } from './exportStore.ts';
import styles from './library.module.css';

const FORMATS: { value: MergedFormat; label: string; bytesPerWeight: number }[] = [
  { value: 'f32', label: 'f32, exact', bytesPerWeight: 4 },
  { value: 'f16', label: 'f16, half the size', bytesPerWeight: 2 },
  { value: 'bf16', label: 'bf16, half the size', bytesPerWeight: 2 },
];

function mergeHelp(hasDevice: boolean, isFloat: boolean): string | undefined {
  if (!hasDevice) return 'Merging needs WebGPU and the base model.';
  if (isFloat) return undefined;
  return 'Merged with the base’s stored weights. Where those are quantized they are widened, never quantized again.';
}

export function ExportPanel({ run, hasDevice }: { run: RunRecord; hasDevice: boolean }) {
  const state = useExportStore((store) => store.state);
  const { weights } = run.model;
  const keptFormat = FORMATS.find(({ value }) => value === weights)?.value;
  const [format, setFormat] = useState<MergedFormat>(keptFormat ?? 'f16');
  const [toFolder, setToFolder] = useState(false);
  const isBusy = state.kind === 'running';
  const bytesPerWeight = FORMATS.find(({ value }) => value === format)?.bytesPerWeight ?? 4;
  const modelBytes = run.plan.modelParameters * bytesPerWeight;

  return (
    <div className={styles.export}>
      {canWriteFolders() && (
        <Select
          label="Write as"
          value={toFolder ? 'folder' : 'zip'}
          options={[
            { value: 'zip', label: 'a zip, downloaded' },
            { value: 'folder', label: 'a folder that I pick' },
          ]}
          onChange={(choice) => setToFolder(choice === 'folder')}
        />
      )}
      <div className={styles.exportChoice}>
        <p>
          <strong>Adapter</strong> <span className={styles.dim}>PEFT, {formatBytes(run.plan.adapterFileBytes)}</span>
        </p>
        <Button size="xs" disabled={isBusy} onClick={() => void exportAdapter(run.id, toFolder)}>
          Export adapter
        </Button>
      </div>
      <div className={styles.exportChoice}>
        <Select
          label="Merged model"
          term={modelBytes > 0 ? `transformers, ${formatBytes(modelBytes)}` : 'transformers'}
          help={mergeHelp(hasDevice, keptFormat !== undefined)}
          value={format}
          options={FORMATS.map(({ value, label }) => ({ value, label }))}
          onChange={setFormat}
        />
        <Button
          size="xs"
          variant="default"
          disabled={isBusy || !hasDevice}
          onClick={() => void exportMerged(run.id, format, toFolder)}
        >
          Export merged model
        </Button>
      </div>
      {state.kind === 'running' && (
        <ProgressBar
          label={state.label}
          share={state.totalBytes > 0 ? state.doneBytes / state.totalBytes : null}
          detail={
            state.totalBytes > 0 ? `${formatBytes(state.doneBytes)} of ${formatBytes(state.totalBytes)}` : undefined
          }
          onCancel={() => void cancelExport()}
        />
      )}
      {state.kind === 'done' && state.runId === run.id && <p role="status">{state.message}</p>}
      {state.kind === 'failed' && state.runId === run.id && <ErrorNote message={state.message} />}
    </div>
  );
}
