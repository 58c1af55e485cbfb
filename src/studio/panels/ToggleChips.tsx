// A few choices side by side, one or more of them taken: native checkboxes. The last one that is taken stays.
import { type ReactNode, useId } from 'react';
import styles from './chips.module.css';

interface Props<T> {
  legend: string;
  options: readonly { value: T; label: ReactNode; detail?: ReactNode }[];
  values: readonly T[];
  onChange: (value: T, isTaken: boolean) => void;
  /** After the chips, in the same row. */
  children?: ReactNode;
}

export function ToggleChips<T extends string | number>({ legend, options, values, onChange, children }: Props<T>) {
  const name = useId();
  return (
    <fieldset className={styles.group}>
      <legend className={styles.legend}>{legend}</legend>
      {options.map((option) => (
        <label key={option.value} className={styles.chip}>
          <input
            type="checkbox"
            name={name}
            checked={values.includes(option.value)}
            onChange={({ currentTarget }) => onChange(option.value, currentTarget.checked)}
          />
          <span className={styles.label}>{option.label}</span>
          {option.detail && <span className={styles.detail}>{option.detail}</span>}
        </label>
      ))}
      {children}
    </fieldset>
  );
}
