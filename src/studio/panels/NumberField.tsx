// A number typed as text, so that "2e-4" works; taken when it is a number in range, explained when it is not.
import { useState } from 'react';
import styles from './Field.module.css';
import { Field } from './Field.tsx';
import { parseNumber } from './parseNumber.ts';

interface Props {
  label: string;
  term?: string;
  help?: string;
  value: number;
  min?: number;
  max?: number;
  isWhole?: boolean;
  disabled?: boolean;
  format?: (value: number) => string;
  onChange: (value: number) => void;
}

export function NumberField({
  label,
  term,
  help,
  value,
  min,
  max,
  isWhole,
  disabled,
  format = String,
  onChange,
}: Props) {
  const [draft, setDraft] = useState<string | null>(null);
  const parsed = draft === null ? { value } : parseNumber(draft, { min, max, isWhole });
  return (
    <Field label={label} term={term} help={help} error={'error' in parsed ? parsed.error : null}>
      {(ids) => (
        <input
          {...ids}
          className={styles.input}
          inputMode={isWhole ? 'numeric' : 'decimal'}
          autoComplete="off"
          disabled={disabled}
          value={draft ?? format(value)}
          onChange={(event) => {
            const text = event.currentTarget.value;
            setDraft(text);
            const next = parseNumber(text, { min, max, isWhole });
            if ('value' in next) onChange(next.value);
          }}
          onBlur={() => {
            if ('value' in parsed) setDraft(null);
          }}
        />
      )}
    </Field>
  );
}
