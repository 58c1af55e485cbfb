// One destination: who opens it, how large it will be, and the button that writes it.
import { Button } from '@mantine/core';
import { useId, useMemo, useState } from 'react';
import type { ExportPlan } from '../../../worker/protocol/exports.ts';
import type { RunRecord } from '../../../worker/protocol/runs.ts';
import { formatBytes } from '../../format.ts';
import { ErrorNote } from '../../panels/ErrorNote.tsx';
import type { Destination } from './destinations.ts';
import { ExportUnderWay } from './ExportUnderWay.tsx';
import styles from './export.module.css';
import { type ExportPlace, startExport, useExportStore } from './exportStore.ts';
import { OtherAdapters } from './OtherAdapters.tsx';
import { useExportPlan } from './useExportPlan.ts';

interface Props {
  run: RunRecord;
  destination: Destination;
  place: ExportPlace;
}

export function ExportRow({ run, destination, place }: Props) {
  const { title, opensIn, choices, usual, note, takesOthers } = destination;
  const [value, setValue] = useState(() => usual?.(run) ?? choices[0].value);
  const choice = choices.find((one) => one.value === value) ?? choices[0];
  const [others, setOthers] = useState<readonly string[]>([]);
  const what = useMemo(() => choice.what(run.id, others), [choice, run.id, others]);
  const plan = useExportPlan(what);
  const state = useExportStore((store) => store.state);
  const ids = { title: useId(), text: useId(), button: useId() };
  const isHere = state.kind !== 'idle' && state.which.kind === what.kind && state.which.runId === run.id;

  return (
    <li className={styles.row}>
      <div className={styles.words}>
        <div className={styles.title}>
          <h5 id={ids.title}>{title}</h5>
          <span className={styles.size}>{sizeText(plan)}</span>
        </div>
        <p id={ids.text}>{opensIn}</p>
        {takesOthers && <OtherAdapters run={run} chosen={others} onChange={setOthers} />}
      </div>
      {isHere && state.kind === 'running' ? (
        <ExportUnderWay state={state} />
      ) : (
        <div className={styles.controls}>
          {choices.length > 1 && (
            <select
              aria-label={`Format of ${title}`}
              className={styles.format}
              value={choice.value}
              onChange={({ currentTarget }) => setValue(currentTarget.value)}
            >
              {choices.map((one) => (
                <option key={one.value} value={one.value}>
                  {one.label}
                </option>
              ))}
            </select>
          )}
          <Button
            id={ids.button}
            size="xs"
            variant="default"
            aria-labelledby={`${ids.button} ${ids.title}`}
            aria-describedby={ids.text}
            disabled={plan?.kind !== 'ready' || state.kind === 'running'}
            onClick={() => plan?.kind === 'ready' && void startExport(what, title, plan, place)}
          >
            Export
          </Button>
        </div>
      )}
      {notesOf(plan, note?.(run)).map((text) => (
        <p key={text} className={styles.note}>
          {text}
        </p>
      ))}
      {isHere && state.kind === 'done' && (
        <p role="status" className={styles.done}>
          {state.message}
        </p>
      )}
      {isHere && state.kind === 'failed' && <ErrorNote message={state.message} />}
    </li>
  );
}

/** What is worth knowing before it is exported, or why it cannot be. */
function notesOf(plan: ExportPlan | null, note: string | undefined): readonly string[] {
  if (plan?.kind === 'refused') return [plan.reason];
  return [...(note === undefined ? [] : [note]), ...(plan?.kind === 'ready' ? plan.notes : [])];
}

function sizeText(plan: ExportPlan | null): string {
  if (plan === null) return '';
  if (plan.kind === 'ready') return plan.sizeBytes === null ? '' : formatBytes(plan.sizeBytes);
  return plan.kind === 'needsBase' ? 'needs the base' : 'not for this one';
}
