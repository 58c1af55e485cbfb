// Which of the Library's adapters on the same base go along.
import type { RunRecord } from '../../../worker/protocol/runs.ts';
import { useLibraryStore } from '../../stores/libraryStore.ts';
import styles from './export.module.css';

interface Props {
  run: RunRecord;
  chosen: readonly string[];
  onChange: (chosen: readonly string[]) => void;
}

export function OtherAdapters({ run, chosen, onChange }: Props) {
  const status = useLibraryStore((state) => state.status);
  const runs = status.kind === 'ready' ? status.runs : [];
  const others = runs.filter(
    ({ id, hasAdapter, model }) => hasAdapter && id !== run.id && model.baseModelId === run.model.baseModelId,
  );
  if (others.length === 0) return null;
  return (
    <details className={styles.others}>
      <summary>{chosen.length === 0 ? 'Take others along…' : `With ${chosen.length} more`}</summary>
      {others.map(({ id, name }) => (
        <label key={id}>
          <input
            type="checkbox"
            checked={chosen.includes(id)}
            onChange={({ currentTarget }) =>
              onChange(currentTarget.checked ? [...chosen, id] : chosen.filter((known) => known !== id))
            }
          />
          {name}
        </label>
      ))}
    </details>
  );
}
