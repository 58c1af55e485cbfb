// The export under way: how far it is, and a way out.
import { formatBytes } from '../../format.ts';
import { ProgressBar } from '../../panels/ProgressBar.tsx';
import styles from './export.module.css';
import { cancelExport, type ExportState } from './exportStore.ts';

export function ExportUnderWay({ state }: { state: Extract<ExportState, { kind: 'running' }> }) {
  const { title, phase, doneBytes, totalBytes } = state;
  return (
    <div className={styles.underWay}>
      <ProgressBar
        label={phase === 'base' ? 'Downloading the base' : `Writing: ${title}`}
        share={totalBytes > 0 ? doneBytes / totalBytes : null}
        detail={totalBytes > 0 ? `${formatBytes(doneBytes)} of ${formatBytes(totalBytes)}` : undefined}
        onCancel={() => void cancelExport()}
      />
    </div>
  );
}
