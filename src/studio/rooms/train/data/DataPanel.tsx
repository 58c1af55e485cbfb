// The examples: a built-in task or one's own file, and what was found in it.
import { Button } from '@mantine/core';
import { Suspense, useState } from 'react';
import { formatNoun } from '../../../format.ts';
import { ErrorNote } from '../../../panels/ErrorNote.tsx';
import { lazyPart } from '../../../panels/lazyPart.ts';
import { Panel } from '../../../panels/Panel.tsx';
import { ProgressBar } from '../../../panels/ProgressBar.tsx';
import { RadioChips } from '../../../panels/RadioChips.tsx';
import { useFileDrop } from '../../../panels/useFileDrop.ts';
import { chooseFiles, chooseTask } from '../../../stores/chooseData.ts';
import { cancelData, type DataStatus, useDataStore } from '../../../stores/dataStore.ts';
import { isRunActive, useRunStore } from '../../../stores/runStore.ts';
import { DataCounts } from './DataCounts.tsx';
import styles from './data.module.css';

const DataDrawer = lazyPart(() => import('./DataDrawer.tsx').then((module) => module.DataDrawer));

export function DataPanel() {
  const status = useDataStore((state) => state.status);
  const tasks = useDataStore((state) => state.tasks);
  const [isOpen, setOpen] = useState(false);
  const isLocked = useRunStore((store) => isRunActive(store.state));
  const drop = useFileDrop(({ files: [train, validation] }) => {
    if (train) void chooseFiles(train, validation);
  }, isLocked);
  const source = status.kind === 'none' ? null : status.source;
  const task = source?.kind === 'builtin' ? tasks.find((known) => known.id === source.taskId) : undefined;
  return (
    <Panel
      title="Data"
      drop={drop}
      note={source?.kind === 'files' ? source.train.name : undefined}
      actions={
        <Button size="compact-sm" variant="default" onClick={() => setOpen(true)}>
          {source?.kind === 'files' ? 'Columns and rows' : 'Use your own file'}
        </Button>
      }
    >
      <RadioChips
        legend="Built-in tasks"
        isLegendHidden
        options={tasks.map((known) => ({ value: known.id, label: known.title }))}
        value={task?.id ?? null}
        onChange={(id) => {
          const chosen = tasks.find((known) => known.id === id);
          if (chosen) void chooseTask(chosen);
        }}
      />
      {task && <p className={styles.dim}>{task.description}</p>}
      <DataBody status={status} onOpen={() => setOpen(true)} />
      {isOpen && (
        <Suspense>
          <DataDrawer onClose={() => setOpen(false)} />
        </Suspense>
      )}
    </Panel>
  );
}

function DataBody({ status, onOpen }: { status: DataStatus; onOpen: () => void }) {
  switch (status.kind) {
    case 'none':
      if (status.message !== null) return <ErrorNote message={status.message} />;
      return <p className={styles.dim}>A task, or a file of context–target pairs; read once the model is loaded.</p>;
    case 'reading': {
      const isKnown = status.previous !== null && status.previous.refusal === null;
      return (
        <>
          {status.previous && isKnown && <DataCounts description={status.previous} />}
          {!isKnown && (
            <ProgressBar
              label="Reading and encoding the rows"
              share={status.totalRows > 0 ? status.doneRows / status.totalRows : null}
              detail={status.doneRows > 0 ? formatNoun(status.doneRows, 'row') : undefined}
              onCancel={() => void cancelData()}
            />
          )}
        </>
      );
    }
    case 'ready':
      return <DataCounts description={status.description} />;
    case 'failed':
      return <ErrorNote message={status.message} action={{ label: 'Change', onClick: onOpen }} />;
    default:
      return status satisfies never;
  }
}
