// Several choices side by side, any number of them taken: native checkboxes.
import styles from './chips.module.css';

export interface TileOption<T> {
  value: T;
  label: string;
  /** The exact name, beside the label. */
  term: string;
  /** Plain words below. */
  detail: string;
  /** On hover. */
  title: string;
}

interface Props<T> {
  legend: string;
  options: readonly TileOption<T>[];
  values: readonly T[];
  onChange: (values: T[]) => void;
}

export function ToggleTiles<T extends string>({ legend, options, values, onChange }: Props<T>) {
  const toggle = (value: T) => {
    const others = values.filter((known) => known !== value);
    onChange(others.length === values.length ? [...values, value] : others);
  };
  return (
    <fieldset className={styles.group}>
      <legend className={styles.legend}>{legend}</legend>
      {options.map((option) => (
        <label key={option.value} className={styles.tile} title={option.title}>
          <input type="checkbox" checked={values.includes(option.value)} onChange={() => toggle(option.value)} />
          <span>
            <span className={styles.label}>{option.label}</span> <span className={styles.detail}>{option.term}</span>
          </span>
          <span className={styles.detail}>{option.detail}</span>
        </label>
      ))}
    </fieldset>
  );
}
