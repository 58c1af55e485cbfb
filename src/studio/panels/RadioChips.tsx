// A few choices side by side, one of them taken: native radio buttons, so that arrow keys work.
import { type ReactNode, useId } from 'react';
import styles from './chips.module.css';

export interface ChipOption<T> {
  value: T;
  label: ReactNode;
  /** Smaller, below the label. */
  detail?: ReactNode;
  /** Why it cannot be chosen; shown on hover and read out. */
  refusal?: string | null;
}

interface Props<T> {
  legend: string;
  isLegendHidden?: boolean;
  options: readonly ChipOption<T>[];
  value: T | null;
  onChange: (value: T) => void;
  /** After the chips, in the same row: a field for a value of one's own. */
  children?: ReactNode;
}

export function RadioChips<T extends string | number>(props: Props<T>) {
  const { legend, isLegendHidden, options, value, onChange, children } = props;
  const name = useId();
  return (
    <fieldset className={styles.group}>
      <legend className={isLegendHidden ? 'visually-hidden' : styles.legend}>{legend}</legend>
      {options.map((option) => (
        <label key={option.value} className={styles.chip} title={option.refusal ?? undefined}>
          <input
            type="radio"
            name={name}
            checked={option.value === value}
            disabled={Boolean(option.refusal)}
            onChange={() => onChange(option.value)}
          />
          <span className={styles.label}>{option.label}</span>
          {option.detail && <span className={styles.detail}>{option.detail}</span>}
        </label>
      ))}
      {children}
    </fieldset>
  );
}
