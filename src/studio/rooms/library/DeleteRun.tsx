// Asks once more before a run is gone for good. Composed by hand, since Mantine's own header is a second banner.
import { Button, Modal } from '@mantine/core';
import { useState } from 'react';
import type { RunRecord } from '../../../worker/protocol/runs.ts';
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
    <Modal.Root opened={isOpen} onClose={onClose} centered>
      <Modal.Overlay />
      <Modal.Content>
        <Modal.Body className={styles.dialog}>
          <Modal.Title>Delete this run?</Modal.Title>
          <p>
            “{run.name}” goes with all that is kept of it in this browser: its adapter
            {run.plan.adapterFileBytes > 0 && ` (${formatBytes(run.plan.adapterFileBytes)})`}, its curve, its samples
            and the state to go on from{run.stateBytes !== undefined && ` (${formatBytes(run.stateBytes)})`}. This
            cannot be undone. Files that you have exported stay.
          </p>
          {error !== null && <ErrorNote message={error} />}
          <div className={styles.buttons}>
            <Button size="xs" className={styles.danger} onClick={() => void destroy()}>
              Delete for good
            </Button>
            <Button size="xs" variant="default" onClick={onClose} data-autofocus>
              Keep it
            </Button>
          </div>
        </Modal.Body>
      </Modal.Content>
    </Modal.Root>
  );
}
