// Asks once more before a run is gone for good.
import { Button, Modal } from '@mantine/core';
import { useState } from 'react';
import type { RunRecord } from '../../../worker/protocol.ts';
import { formatBytes } from '../../format.ts';
import { ErrorNote } from '../../panels/ErrorNote.tsx';
import { openRoom } from '../../routing.ts';
import { deleteRun } from '../../stores/libraryStore.ts';
import { messageOf } from '../../stores/messageOf.ts';
import styles from './library.module.css';

export function DeleteRun({ run, isOpen, onClose }: { run: RunRecord; isOpen: boolean; onClose: () => void }) {
  const [error, setError] = useState<string | null>(null);
  const destroy = () =>
    deleteRun(run.id).then(
      () => {
        onClose();
        openRoom('library');
      },
      (failure) => setError(messageOf(failure)),
    );
  return (
    <Modal
      opened={isOpen}
      onClose={onClose}
      title="Delete this run?"
      closeButtonProps={{ 'aria-label': 'Close' }}
      centered
    >
      <p>
        “{run.name}” goes with all that is kept of it in this browser: its adapter
        {run.plan.adapterFileBytes > 0 && ` (${formatBytes(run.plan.adapterFileBytes)})`}, its curve, its samples and
        the state to resume from. This cannot be undone. Files that you have exported stay.
      </p>
      {error !== null && <ErrorNote message={error} />}
      <div className={styles.buttons}>
        <Button size="xs" color="red" onClick={() => void destroy()}>
          Delete for good
        </Button>
        <Button size="xs" variant="default" onClick={onClose} data-autofocus>
          Keep it
        </Button>
      </div>
    </Modal>
  );
}
