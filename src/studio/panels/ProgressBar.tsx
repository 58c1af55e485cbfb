// Long work: what is being done, how far it is, and a way out.
import { Button } from '@mantine/core';
import styles from './notes.module.css';

interface Props {
  /** What is being done: "Downloading model.safetensors". */
  label: string;
  /** From 0 to 1; null while unknown. */
  share: number | null;
  /** Numbers with units beside the bar: "12.4 of 270 MB". */
  detail?: string;
  onCancel?: () => void;
}

export function ProgressBar({ label, share, detail, onCancel }: Props) {
  return (
    <div className={styles.progress}>
      <p>{label}</p>
      <p className={styles.progressNumbers}>{detail}</p>
      <div
        className={styles.track}
        role="progressbar"
        aria-label={label}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={share === null ? undefined : Math.round(share * 100)}
        aria-valuetext={detail}
        data-unknown={share === null || undefined}
      >
        <div className={styles.fill} style={share === null ? undefined : { width: `${share * 100}%` }} />
      </div>
      {onCancel && (
        <Button className={styles.cancel} size="compact-sm" variant="default" onClick={onCancel}>
          Cancel
        </Button>
      )}
    </div>
  );
}
