// A line of text under its label.
import fieldStyles from './Field.module.css';
import { Field } from './Field.tsx';

interface Props {
  label: string;
  help: string;
  error?: string | undefined;
  type?: 'text' | 'password';
  value: string;
  placeholder?: string;
  onChange: (text: string) => void;
}

export function TextField({ label, help, error, type = 'text', value, placeholder, onChange }: Props) {
  return (
    <Field label={label} help={help} error={error ?? null}>
      {(ids) => (
        <input
          {...ids}
          className={fieldStyles.input}
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
