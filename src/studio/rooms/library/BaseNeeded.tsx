// The base of a run is out of reach: why, and how to bring it. Reading files needs no GPU.
import { Button } from '@mantine/core';
import { useMemo, useRef, useState } from 'react';
import type { RunRecord } from '../../../worker/protocol.ts';
import { ErrorNote } from '../../panels/ErrorNote.tsx';
import { messageOf } from '../../stores/messageOf.ts';
import styles from './export.module.css';
import { bringBase, planAgain } from './exportStore.ts';
import { useExportPlan } from './useExportPlan.ts';

export function BaseNeeded({ run }: { run: RunRecord }) {
  const what = useMemo(() => ({ kind: 'merged', runId: run.id, format: 'f16' }) as const, [run.id]);
  const plan = useExportPlan(what);
  if (plan?.kind !== 'needsBase') return null;
  if (run.model.source === 'files') return <PickBase run={run} />;
  return <ErrorNote message={plan.reason} action={{ label: 'Try again', onClick: planAgain }} />;
}

function PickBase({ run: { id, model } }: { run: RunRecord }) {
  const folderInput = useRef<HTMLInputElement>(null);
  const fileInput = useRef<HTMLInputElement>(null);
  const [failure, setFailure] = useState<string | null>(null);
  const take = async (input: HTMLInputElement) => {
    const files = [...(input.files ?? [])];
    // The same files again are a new choice.
    input.value = '';
    if (files.length === 0) return;
    setFailure(null);
    await bringBase(id, files).catch((error: unknown) => setFailure(messageOf(error)));
  };
  return (
    <div className={styles.base}>
      <p>
        Its base, <strong>{model.name}</strong>, came from files. Pick them for the exports that hold the base, or read
        its shapes; nothing is put on the GPU.
      </p>
      <div className={styles.baseButtons}>
        <Button size="xs" onClick={() => folderInput.current?.click()}>
          Pick its folder…
        </Button>
        <Button size="xs" variant="default" onClick={() => fileInput.current?.click()}>
          Pick its GGUF file…
        </Button>
      </div>
      <input
        ref={(input) => {
          folderInput.current = input;
          // React has no name for this attribute.
          input?.setAttribute('webkitdirectory', '');
        }}
        type="file"
        hidden
        aria-label="Folder of the base"
        onChange={({ currentTarget }) => void take(currentTarget)}
      />
      <input
        ref={fileInput}
        type="file"
        hidden
        multiple
        accept=".gguf"
        aria-label="GGUF file of the base"
        onChange={({ currentTarget }) => void take(currentTarget)}
      />
      {failure && <ErrorNote message={failure} />}
    </div>
  );
}
