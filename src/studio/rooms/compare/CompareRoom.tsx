// Compare: several runs side by side, chosen here or by the address (`#/compare?runs=a,b`).
import { Button } from '@mantine/core';
import { useEffect, useMemo } from 'react';
import type { RunRecord } from '../../../worker/protocol.ts';
import { EmptyState } from '../../panels/EmptyState.tsx';
import { ErrorNote } from '../../panels/ErrorNote.tsx';
import { Panel } from '../../panels/Panel.tsx';
import { routeTo, useRoute } from '../../routing.ts';
import { saveCsv } from '../../runs/saveFile.ts';
import { refreshRuns, useLibraryStore } from '../../stores/libraryStore.ts';
import { loadMetrics, useMetricsStore } from '../../stores/metricsStore.ts';
import { CurveOverlay } from './CurveOverlay.tsx';
import styles from './compare.module.css';
import { curvesCsv, runsCsv } from './compareCsv.ts';
import { FieldTables } from './FieldTables.tsx';
import { RankQuality } from './RankQuality.tsx';
import { RunPicker } from './RunPicker.tsx';
import { runMarks } from './runMarks.ts';

/** Compared when the address names none: the newest runs, as a race leaves them. */
const DEFAULT_COUNT = 4;

export function CompareRoom() {
  const status = useLibraryStore((state) => state.status);
  const wanted = useRoute().params.get('runs');
  if (status.kind === 'loading') return <p role="status">Reading the Library…</p>;
  if (status.kind === 'failed') {
    return <ErrorNote message={status.message} action={{ label: 'Read again', onClick: () => void refreshRuns() }} />;
  }
  return (
    <>
      <h1 className="visually-hidden">Compare</h1>
      {status.runs.length === 0 ? (
        <EmptyState
          title="Nothing to compare yet"
          action={
            <Button component="a" href={routeTo('train')}>
              Train an adapter
            </Button>
          }
        >
          Train two or more adapters, of different ranks say, and see here what each bought.
        </EmptyState>
      ) : (
        <Comparison runs={status.runs} wanted={wanted} />
      )}
    </>
  );
}

function Comparison({ runs, wanted }: { runs: RunRecord[]; wanted: string | null }) {
  const metrics = useMetricsStore((state) => state.runs);
  const chosen = useMemo(() => chooseRuns(runs, wanted), [runs, wanted]);
  const marks = useMemo(() => runMarks(chosen), [chosen]);
  const withCurve = useMemo(() => chosen.filter((run) => !run.isImported), [chosen]);
  const curveMarks = useMemo(() => marks.filter((_, i) => !chosen[i]?.isImported), [marks, chosen]);
  const curveIds = withCurve.map(({ id }) => id).join(',');
  useEffect(() => {
    for (const id of curveIds.split(',').filter(Boolean)) void loadMetrics(id);
  }, [curveIds]);

  const failures = withCurve.flatMap(({ id, name }) => {
    const status = metrics[id];
    return status?.kind === 'failed' ? `${name}: ${status.message}` : [];
  });
  const saveCurves = () => {
    const known = withCurve.flatMap((run) => {
      const status = metrics[run.id];
      return status?.kind === 'ready' ? { run, metrics: status.metrics } : [];
    });
    saveCsv('rankwise-curves.csv', curvesCsv(known));
  };

  return (
    <div className={styles.room}>
      <RunPicker runs={runs} chosen={chosen} marks={marks} />
      {chosen.length === 0 ? (
        <EmptyState title="No run is chosen">Tick two or more runs to lay their curves over each other.</EmptyState>
      ) : (
        <div className={styles.main}>
          {failures.map((message) => (
            <ErrorNote key={message} message={message} />
          ))}
          {withCurve.length > 0 && (
            <Panel
              title="Curves"
              actions={
                <Button size="xs" variant="default" onClick={saveCurves}>
                  Curves as CSV
                </Button>
              }
            >
              <CurveOverlay runs={withCurve} marks={curveMarks} metrics={metrics} />
            </Panel>
          )}
          <RankQuality runs={chosen} marks={marks} />
          <FieldTables
            runs={chosen}
            marks={marks}
            actions={
              <Button size="xs" variant="default" onClick={() => saveCsv('rankwise-runs.csv', runsCsv(chosen))}>
                Table as CSV
              </Button>
            }
          />
        </div>
      )}
    </div>
  );
}

/** In the order of the address; ids that the Library does not have are passed over. */
function chooseRuns(runs: RunRecord[], wanted: string | null): RunRecord[] {
  if (wanted === null) return runs.filter((run) => !run.isImported).slice(0, DEFAULT_COUNT);
  return [...new Set(wanted.split(','))].flatMap((id) => runs.find((run) => run.id === id) ?? []);
}
