// Taking a run away: a list of destinations, by the tool that opens it.
import { useId, useState } from 'react';
import type { RunRecord } from '../../../worker/protocol/runs.ts';
import { RadioChips } from '../../panels/RadioChips.tsx';
import { BaseNeeded } from './BaseNeeded.tsx';
import { DESTINATIONS } from './destinations.ts';
import { ExportRow } from './ExportRow.tsx';
import { ExportUnderWay } from './ExportUnderWay.tsx';
import styles from './export.module.css';
import { canWriteFolders, type ExportPlace, useExportStore } from './exportStore.ts';
import { PushForm } from './push/PushForm.tsx';

const PLACES = [
  { value: 'downloads', label: 'Into my downloads' },
  { value: 'folder', label: 'Into a folder that I pick' },
] as const;

export function ExportPanel({ run }: { run: RunRecord }) {
  const [place, setPlace] = useState<ExportPlace>('downloads');
  const titleId = useId();
  const state = useExportStore((store) => store.state);
  const isElsewhere = state.kind === 'running' && state.which.runId !== run.id;
  return (
    <section className={styles.export} aria-labelledby={titleId}>
      <h3 id={titleId}>Export</h3>
      {canWriteFolders() && (
        <RadioChips legend="Where to" isLegendHidden options={PLACES} value={place} onChange={setPlace} />
      )}
      {isElsewhere && <ExportUnderWay state={state} />}
      <BaseNeeded run={run} />
      {DESTINATIONS.map(({ title, destinations }) => (
        <div key={title} className={styles.group}>
          <h4>{title}</h4>
          <ul>
            {destinations.map((destination) => (
              <ExportRow key={destination.kind} run={run} destination={destination} place={place} />
            ))}
          </ul>
        </div>
      ))}
      <PushForm run={run} />
    </section>
  );
}
