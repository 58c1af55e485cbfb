// A labelled native select.

import styles from './Field.module.css';
import { Field } from './Field.tsx';

interface Props<T extends string> {
  label: string;
  term?: string;
  help?: string;
  value: T;
  options: readonly { value: T; label: string }[];
  onChange: (value: T) => void;
}

export function Select<T extends string>({ label, term, help, value, options, onChange }: Props<T>) {
  return (
    <Field label={label} term={term} help={help}>
      {(ids) => (
        <select
          {...ids}
          className={styles.input}
          value={value}
          onChange={(event) => {
            const chosen = options[event.currentTarget.selectedIndex];
            if (chosen) onChange(chosen.value);
          }}
        >
          {options.map((option) => (
            <option key={option.value} value={option.value}>
              {option.label}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}
