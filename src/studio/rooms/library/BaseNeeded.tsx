// The base of a run is out of reach: why, and how to bring it. Reading files needs no GPU.
import { useMemo, useState } from 'react';
import type { RunRecord } from '../../../worker/protocol/runs.ts';
import { ErrorNote } from '../../panels/ErrorNote.tsx';
import { PickButton } from '../../panels/PickButton.tsx';
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
  const [failure, setFailure] = useState<string | null>(null);
  const take = (files: File[]) => {
    setFailure(null);
    bringBase(id, files).catch((error: unknown) => setFailure(messageOf(error)));
  };
  return (
    <div className={styles.base}>
      <p>
        Its base, <strong>{model.name}</strong>, came from files. Pick them for the exports that hold the base, or read
        its shapes; nothing is put on the GPU.
      </p>
      <div className={styles.baseButtons}>
        <PickButton size="xs" kind="folder" label="Folder of the base" onPick={take}>
          Pick its folder…
        </PickButton>
        <PickButton size="xs" variant="default" kind="files" accept=".gguf" label="GGUF file of the base" onPick={take}>
          Pick its GGUF file…
        </PickButton>
      </div>
      {failure && <ErrorNote message={failure} />}
    </div>
  );
}
