// One number, or several to race: typed as text, taken when all are in range, explained when they are not.
import { useState } from 'react';
import styles from './Field.module.css';
import { Field } from './Field.tsx';
import { parseNumbers } from './parseNumbers.ts';

interface Props {
  label: string;
  term?: string;
  values: readonly number[];
  min?: number;
  max?: number;
  format?: (value: number) => string;
  onChange: (values: number[]) => void;
}

export function NumbersField({ label, term, values, min, max, format = String, onChange }: Props) {
  const [draft, setDraft] = useState<string | null>(null);
  const parsed = draft === null ? { values } : parseNumbers(draft, { min, max });
  const help = values.length > 1 ? `${values.length} values race` : undefined;
  return (
    <Field label={label} term={term} help={help} error={'error' in parsed ? parsed.error : null}>
      {(ids) => (
        <input
          {...ids}
          className={styles.input}
          autoComplete="off"
          title="One number, or several to race: 1, 2, 4"
          value={draft ?? values.map(format).join(', ')}
          onChange={(event) => {
            const text = event.currentTarget.value;
            setDraft(text);
            const next = parseNumbers(text, { min, max });
            if ('values' in next) onChange(next.values);
          }}
          onBlur={() => {
            if ('values' in parsed) setDraft(null);
          }}
        />
      )}
    </Field>
  );
}
