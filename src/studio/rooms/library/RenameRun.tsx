// A run's new name, typed in place.
import { Button } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import type { RunRecord } from '../../../worker/protocol/runs.ts';
import fieldStyles from '../../panels/Field.module.css';
import { Field } from '../../panels/Field.tsx';
import { useReturnedFocus } from '../../panels/useReturnedFocus.ts';
import { renameRun } from '../../stores/libraryStore.ts';
import { messageOf } from '../../stores/messageOf.ts';
import styles from './library.module.css';

export function RenameRun({ run, onDone }: { run: RunRecord; onDone: () => void }) {
  useReturnedFocus();
  const [name, setName] = useState(run.name);
  const [error, setError] = useState<string | null>(null);
  const save = (event: FormEvent) => {
    event.preventDefault();
    if (name.trim() === '') return setError('Type a name.');
    renameRun(run.id, name.trim()).then(onDone, (failure) => setError(messageOf(failure)));
  };
  return (
    <form className={styles.inlineForm} onSubmit={save}>
      <Field label="New name" error={error}>
        {(ids) => (
          <input
            {...ids}
            className={fieldStyles.input}
            value={name}
            maxLength={120}
            // biome-ignore lint/a11y/noAutofocus: the person has just asked for this field.
            autoFocus
            onChange={({ currentTarget }) => setName(currentTarget.value)}
            onKeyDown={({ key }) => key === 'Escape' && onDone()}
          />
        )}
      </Field>
      <Button size="xs" type="submit">
        Save name
      </Button>
      <Button size="xs" variant="default" onClick={onDone}>
        Cancel
      </Button>
    </form>
  );
}
