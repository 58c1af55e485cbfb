// Compare: several runs side by side, chosen here or by the address (`#/compare?runs=a,b`).
import { Button } from '@mantine/core';
import { useEffect, useMemo } from 'react';
import type { RunRecord } from '../../../worker/protocol/runs.ts';
import { EmptyState } from '../../panels/EmptyState.tsx';
import { ErrorNote } from '../../panels/ErrorNote.tsx';
import { Panel } from '../../panels/Panel.tsx';
import { routeTo, useRoute } from '../../routing.ts';
import { saveCsv } from '../../runs/saveFile.ts';
import { refreshRuns, useLibraryStore } from '../../stores/libraryStore.ts';
import { loadMetrics, useMetricsStore } from '../../stores/metricsStore.ts';
import { analysisKey, useAnalysisStore } from './analysisStore.ts';
import { CostsPanel } from './CostsPanel.tsx';
import { CurveOverlay } from './CurveOverlay.tsx';
import { useChoices } from './choices.ts';
import styles from './compare.module.css';
import { curvesCsv, runsCsv } from './compareCsv.ts';
import type { ComparedRun } from './compared.ts';
import { FieldTables } from './FieldTables.tsx';
import { InsidePanel } from './InsidePanel.tsx';
import { OutputsPanel } from './OutputsPanel.tsx';
import { QualityPanel } from './QualityPanel.tsx';
import { chosenMeasure, qualityMeasures } from './quality.ts';
import { RunPicker } from './RunPicker.tsx';
import { ReportPanel } from './report/ReportPanel.tsx';
import { runMarks } from './runMarks.ts';
import { useEvaluation } from './useEvaluation.ts';

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
  const measured = useAnalysisStore((state) => state.measured);
  const chosen = useMemo(() => chooseRuns(runs, wanted), [runs, wanted]);
  const compared = useMemo(() => {
    const marks = runMarks(chosen);
    return chosen.flatMap((run, i): ComparedRun[] => {
      const status = metrics[run.id];
      const { spectra = null, amplifications = null } = measured[analysisKey(run)] ?? {};
      const mark = marks[i];
      return mark
        ? [{ run, mark, steps: status?.kind === 'ready' ? status.metrics : [], spectra, amplifications }]
        : [];
    });
  }, [chosen, metrics, measured]);
  const marks = useMemo(() => compared.map(({ mark }) => mark), [compared]);
  const measures = useMemo(() => qualityMeasures(chosen), [chosen]);
  const wantedMeasure = useChoices((choices) => choices.measure);
  const measure = chosenMeasure(measures, wantedMeasure);
  const evaluation = useEvaluation(compared, measure?.score?.dataKey);
  const withCurve = useMemo(() => compared.filter(({ run }) => !run.isImported), [compared]);
  const curveIds = withCurve.map(({ run }) => run.id).join(',');
  useEffect(() => {
    void loadMetrics(curveIds.split(',').filter(Boolean));
  }, [curveIds]);

  const statusOf = ({ run }: ComparedRun) => metrics[run.id];
  const failures = withCurve.flatMap((one) => {
    const status = statusOf(one);
    return status?.kind === 'failed' ? `${one.run.name}: ${status.message}` : [];
  });
  const isReading = withCurve.some((one) => (statusOf(one)?.kind ?? 'loading') === 'loading');
  const saveCurves = () => {
    const known = withCurve.filter((one) => statusOf(one)?.kind === 'ready');
    saveCsv('rankwise-curves.csv', curvesCsv(known.map(({ run, steps }) => ({ run, metrics: [...steps] }))));
  };

  return (
    <div className={styles.room}>
      <div className={styles.side}>
        <RunPicker runs={runs} chosen={chosen} marks={marks} />
        {compared.length > 0 && (
          <ReportPanel compared={compared} measure={measure} evaluation={evaluation} isReading={isReading} />
        )}
      </div>
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
                <Button size="xs" variant="default" disabled={isReading} onClick={saveCurves}>
                  Curves as CSV
                </Button>
              }
            >
              <CurveOverlay compared={withCurve} isReading={isReading} />
            </Panel>
          )}
          <QualityPanel compared={compared} measures={measures} measure={measure} evaluation={evaluation} />
          <FieldTables
            runs={chosen}
            marks={marks}
            actions={
              <Button size="xs" variant="default" onClick={() => saveCsv('rankwise-runs.csv', runsCsv(chosen))}>
                Table as CSV
              </Button>
            }
          />
          <CostsPanel compared={compared} />
          <InsidePanel compared={compared} />
          <OutputsPanel compared={compared} evaluation={evaluation} />
        </div>
      )}
    </div>
  );
}

/** In the order of the address; ids that the Library does not have are passed over. */
function chooseRuns(runs: RunRecord[], wanted: string | null): RunRecord[] {
  if (wanted === null) return byRank(runs.filter((run) => !run.isImported).slice(0, DEFAULT_COUNT));
  return [...new Set(wanted.split(','))].flatMap((id) => runs.find((run) => run.id === id) ?? []);
}

function byRank(runs: RunRecord[]): RunRecord[] {
  return [...runs].sort((a, b) => a.settings.adapter.rank - b.settings.adapter.rank || a.createdAt - b.createdAt);
}
