// Taking a run away: the adapter for PEFT, or the whole model with the adapter merged in.
import { Button } from '@mantine/core';
import { useState } from 'react';
import type { RunRecord } from '../../../worker/protocol.ts';
import { formatBytes } from '../../format.ts';
import { ErrorNote } from '../../panels/ErrorNote.tsx';
import fieldStyles from '../../panels/Field.module.css';
import { Field } from '../../panels/Field.tsx';
import { ProgressBar } from '../../panels/ProgressBar.tsx';
import {
  cancelExport,
  canWriteFolders,
  exportAdapter,
  exportMerged,
  type MergedFormat,
  useExportStore,
} from './exportStore.ts';
import styles from './library.module.css';

const FORMATS: { format: MergedFormat; label: string; bytesPerWeight: number }[] = [
  { format: 'f32', label: 'f32, exact', bytesPerWeight: 4 },
  { format: 'f16', label: 'f16, half the size', bytesPerWeight: 2 },
  { format: 'bf16', label: 'bf16, half the size', bytesPerWeight: 2 },
];

export function ExportPanel({ run, hasDevice }: { run: RunRecord; hasDevice: boolean }) {
  const state = useExportStore((store) => store.state);
  const [format, setFormat] = useState<MergedFormat>(run.model.weights);
  const [toFolder, setToFolder] = useState(false);
  const isBusy = state.kind === 'running';
  const bytes = FORMATS.find((known) => known.format === format)?.bytesPerWeight ?? 4;

  return (
    <div className={styles.export}>
      {canWriteFolders() && (
        <Field label="Write as">
          {(ids) => (
            <select
              {...ids}
              className={fieldStyles.input}
              value={toFolder ? 'folder' : 'zip'}
              onChange={({ currentTarget }) => setToFolder(currentTarget.value === 'folder')}
            >
              <option value="zip">a zip, downloaded</option>
              <option value="folder">a folder that I pick</option>
            </select>
          )}
        </Field>
      )}
      <div className={styles.exportChoice}>
        <p>
          <strong>Adapter</strong> <span className={styles.dim}>PEFT, {formatBytes(run.plan.adapterFileBytes)}</span>
        </p>
        <Button disabled={isBusy} onClick={() => void exportAdapter(run.id, toFolder)}>
          Export adapter
        </Button>
      </div>
      <div className={styles.exportChoice}>
        <Field
          label="Merged model"
          term={
            run.plan.modelParameters > 0
              ? `transformers, ${formatBytes(run.plan.modelParameters * bytes)}`
              : 'transformers'
          }
          help={hasDevice ? undefined : 'Merging needs WebGPU and the base model.'}
        >
          {(ids) => (
            <select
              {...ids}
              className={fieldStyles.input}
              value={format}
              onChange={({ currentTarget }) => {
                const chosen = FORMATS.find((known) => known.format === currentTarget.value);
                if (chosen !== undefined) setFormat(chosen.format);
              }}
            >
              {FORMATS.map((known) => (
                <option key={known.format} value={known.format}>
                  {known.label}
                </option>
              ))}
            </select>
          )}
        </Field>
        <Button
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
