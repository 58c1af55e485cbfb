// What a file held, in one or two lines; what was left out is named.
import type { DataDescription } from '../../../../worker/protocol/data.ts';
import { formatCount, formatExact, formatNoun } from '../../../format.ts';
import styles from './data.module.css';

export function DataCounts({ description }: { description: DataDescription }) {
  const { trainRows, validationRows, tokens, targetTokens } = description;
  const remarks = remarksOn(description);
  return (
    <div>
      <p className={styles.counts}>
        <strong>{formatNoun(trainRows, 'row')}</strong> to train on, <strong>{formatExact(validationRows)}</strong> held
        out · <span title={`${formatExact(tokens)} tokens`}>{formatCount(tokens)} tokens</span>,{' '}
        <span title={`${formatExact(targetTokens)} tokens`}>{formatCount(targetTokens)}</span> of them targets
      </p>
      {remarks.length > 0 && <p className={styles.dim}>{remarks.join(' · ')}</p>}
    </div>
  );
}

function remarksOn({ problemCount, duplicates, cutRows, firstRow }: DataDescription): string[] {
  const remarks: string[] = [];
  if (firstRow === 'data') remarks.push('the first row is data, columns are numbered');
  if (problemCount > 0) remarks.push(`${formatNoun(problemCount, 'row')} left out`);
  if (duplicates > 0) remarks.push(formatNoun(duplicates, 'duplicate'));
  if (cutRows > 0) remarks.push(`context cut to fit in ${formatNoun(cutRows, 'row')}`);
  return remarks;
}
