// A line of text under its label.
import { useEffect, useRef } from 'react';
import fieldStyles from './Field.module.css';
import { Field } from './Field.tsx';

interface Props {
  label: string;
  /** The exact term, or that it may stay empty. */
  term?: string;
  help: string;
  error?: string | undefined;
  type?: 'text' | 'password';
  value: string;
  placeholder?: string;
  /** Takes the focus when it appears. */
  isFirst?: boolean;
  onChange: (text: string) => void;
}

export function TextField({
  label,
  term,
  help,
  error,
  type = 'text',
  value,
  placeholder,
  isFirst = false,
  onChange,
}: Props) {
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => {
    if (isFirst) input.current?.focus();
  }, [isFirst]);
  return (
    <Field label={label} help={help} error={error ?? null} {...(term ? { term } : {})}>
      {(ids) => (
        <input
          {...ids}
          className={fieldStyles.input}
          ref={input}
          type={type}
          value={value}
          placeholder={placeholder}
          autoComplete="off"
          spellCheck={false}
          onChange={(event) => onChange(event.currentTarget.value)}
        />
      )}
    </Field>
  );
}
