// Names and numbers in a tight grid.
import type { ReactNode } from 'react';
import styles from './FactList.module.css';

interface Props {
  facts: readonly { name: string; value: ReactNode; title?: string | undefined }[];
}

export function FactList({ facts }: Props) {
  return (
    <dl className={styles.facts}>
      {facts.map((fact) => (
        <div key={fact.name} title={fact.title}>
          <dt>{fact.name}</dt>
          <dd>{fact.value}</dd>
        </div>
      ))}
    </dl>
  );
}
