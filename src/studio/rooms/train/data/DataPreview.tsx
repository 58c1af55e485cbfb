// Beside the empty chart: the first rows as the model will see them.

import { Panel } from '../../../panels/Panel.tsx';
import { useDataStore } from '../../../stores/dataStore.ts';
import styles from './data.module.css';
import { TokenRow } from './TokenRow.tsx';
import { usePreview } from './usePreview.ts';

export function DataPreview() {
  const preview = usePreview(0, 3);
  const isRead = useDataStore(({ status }) => status.kind === 'ready' || status.kind === 'reading');
  if (preview.kind !== 'ready' || !isRead) return null;
  return (
    <Panel title="First rows as tokens" note={<MaskKey />}>
      {preview.rows.map((row) => (
        <TokenRow key={row.line} row={row} />
      ))}
    </Panel>
  );
}

export function MaskKey() {
  return (
    <>
      <span className={styles.context}>context</span> is given, <span className={styles.target}>target</span> is
      learned: only it carries loss
    </>
  );
}
