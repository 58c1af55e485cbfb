// Whether a table's first row names its columns, and which column is what: guessed, changeable. A column is context or
// target: choosing it for one swaps the two.
import type { ColumnMapping, DataDescription } from '../../../../worker/protocol/data.ts';
import { Select } from '../../../panels/Select.tsx';
import { changeDataOptions, readFirstRow } from '../../../stores/dataStore.ts';
import styles from './data.module.css';

const NO_COLUMN = '';

export function ColumnForm({ description }: { description: DataDescription }) {
  const { mapping, columns, firstRow } = description;
  if (columns.length === 0) return null;
  const change = (next: ColumnMapping) => void changeDataOptions({ mapping: next, prompt: undefined });
  const options = columns.map((column) => ({ value: column, label: column }));
  const first = columns[0] ?? '';
  return (
    <section>
      <h3>Columns</h3>
      <div className={styles.fields}>
        {firstRow && (
          <Select
            label="First row"
            value={firstRow}
            options={[
              { value: 'names', label: 'names the columns' },
              { value: 'data', label: 'is a row of data' },
            ]}
            onChange={(value) => void readFirstRow(value)}
          />
        )}
        <Select
          label="The rows are"
          value={mapping.kind}
          options={[
            { value: 'pairs', label: 'pairs' },
            { value: 'chat', label: 'chats' },
            { value: 'text', label: 'plain text' },
          ]}
          onChange={(kind) =>
            change(
              kind === 'pairs'
                ? { kind, context: first, target: columns[1] ?? first }
                : { kind, column: mapping.kind === 'pairs' ? first : mapping.column },
            )
          }
        />
        {mapping.kind === 'pairs' ? (
          <>
            <Select
              label="Context"
              term="given"
              value={mapping.context}
              options={options}
              onChange={(context) =>
                change({ ...mapping, context, target: context === mapping.target ? mapping.context : mapping.target })
              }
            />
            <Select
              label="Further input"
              term="optional"
              value={mapping.input ?? NO_COLUMN}
              options={[{ value: NO_COLUMN, label: 'none' }, ...options]}
              onChange={(input) => change({ ...mapping, input: input === NO_COLUMN ? undefined : input })}
            />
            <Select
              label="Target"
              term="learned"
              value={mapping.target}
              options={options}
              onChange={(target) =>
                change({ ...mapping, target, context: target === mapping.context ? mapping.target : mapping.context })
              }
            />
          </>
        ) : (
          <Select
            label={mapping.kind === 'chat' ? 'Messages' : 'Text'}
            value={mapping.column}
            options={options}
            onChange={(column) => change({ ...mapping, column })}
          />
        )}
      </div>
    </section>
  );
}
