// The adapters of the race on show: how each does, which one's numbers and samples are shown, and a way out for each.
// Losses are written into the page once per frame, past React.
import { Button } from '@mantine/core';
import { useRef } from 'react';
import type { RunRecord } from '../../../../worker/protocol/runs.ts';
import { formatCount, formatExact, formatLoss } from '../../../format.ts';
import { useFrame } from '../../../panels/useFrame.ts';
import { STATUS_SIGNS, STATUS_WORDS } from '../../../runs/statusWords.ts';
import { dropRun, isActive, selectRun, useRunStore } from '../../../stores/runStore.ts';
import { RankSwatch } from '../../../theme/RankSwatch.tsx';
import styles from './go.module.css';
import { raceMarks } from './raceMarks.ts';

interface Props {
  runs: readonly RunRecord[];
  shownId: string;
  isOpen: boolean;
}

export function RaceTable({ runs, shownId, isOpen }: Props) {
  const body = useRef<HTMLTableSectionElement>(null);
  const marks = raceMarks(runs);
  const isLast = runs.filter(({ status }) => isActive(status)).length < 2;
  useFrame(() => {
    const { series } = useRunStore.getState();
    body.current?.querySelectorAll<HTMLElement>('[data-loss]').forEach((cell) => {
      const loss = series.get(cell.dataset.loss ?? '')?.last('smoothed') ?? null;
      const text = loss === null ? '–' : formatLoss(loss);
      if (cell.textContent !== text) cell.textContent = text;
    });
  });
  return (
    <div className={styles.race}>
      <table>
        <caption className="visually-hidden">Adapters of this race</caption>
        <thead>
          <tr>
            <th scope="col">Adapter</th>
            <th scope="col">Trainable</th>
            <th scope="col">Loss</th>
            <th scope="col">Held-out</th>
            <th scope="col">Status</th>
            <th scope="col">
              <span className="visually-hidden">Drop</span>
            </th>
          </tr>
        </thead>
        <tbody ref={body}>
          {runs.map((run, i) => (
            <tr key={run.id} data-shown={run.id === shownId || undefined}>
              <th scope="row">
                <button type="button" aria-pressed={run.id === shownId} onClick={() => selectRun(run.id)}>
                  <RankSwatch rank={marks[i]?.rank ?? 1} dash={marks[i]?.dash} /> {marks[i]?.name}
                </button>
              </th>
              <td>{formatCount(run.plan.trainableParameters)}</td>
              <td data-loss={run.id}>–</td>
              <td>{heldOut(run)}</td>
              <td title={run.message ?? undefined}>
                <span aria-hidden="true">{STATUS_SIGNS[run.status]}</span> {statusOf(run)}
              </td>
              <td>
                {isOpen && isActive(run.status) && (
                  <Button
                    size="compact-xs"
                    variant="default"
                    disabled={isLast}
                    aria-label={`Drop ${marks[i]?.name}`}
                    onClick={() => void dropRun(run.id)}
                  >
                    Drop
                  </Button>
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {runs
        .filter(({ status, message }) => status === 'failed' && message !== null)
        .map((run) => (
          <p key={run.id}>
            <strong>{run.race?.adapter}</strong>: {run.message}
          </p>
        ))}
    </div>
  );
}

function heldOut({ evaluations }: RunRecord): string {
  const last = evaluations.at(-1);
  return last === undefined ? '–' : formatLoss(last.loss);
}

function statusOf({ status, step }: RunRecord): string {
  const isCut = status === 'stopped' || status === 'failed';
  return isCut ? `${STATUS_WORDS[status]} at ${formatExact(step)}` : STATUS_WORDS[status];
}
