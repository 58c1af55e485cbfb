// One run in full: what can be done with it, how it went, what it was made with.
import { useEffect } from 'react';
import type { RunRecord } from '../../../worker/protocol/runs.ts';
import { formatMoment } from '../../format.ts';
import { ErrorNote } from '../../panels/ErrorNote.tsx';
import { Panel } from '../../panels/Panel.tsx';
import { useReturnedFocus } from '../../panels/useReturnedFocus.ts';
import { routeTo } from '../../routing.ts';
import { PromptAnswers } from '../../runs/PromptAnswers.tsx';
import { RankMark } from '../../runs/RankMark.tsx';
import { RunStatusText } from '../../runs/RunStatusText.tsx';
import { resultFields } from '../../runs/resultFields.ts';
import { runFields } from '../../runs/runFields.ts';
import { loadMetrics, useMetricsStore } from '../../stores/metricsStore.ts';
import { EvaluationTable } from './EvaluationTable.tsx';
import styles from './library.module.css';
import { RunActions } from './RunActions.tsx';
import { RunCurve } from './RunCurve.tsx';
import { ScoresTable } from './ScoresTable.tsx';

export function RunDetail({ run }: { run: RunRecord }) {
  useReturnedFocus();
  const metrics = useMetricsStore((state) => state.runs[run.id]);
  useEffect(() => {
    if (!run.isImported) void loadMetrics([run.id]);
  }, [run.id, run.isImported]);

  return (
    <Panel
      title={run.name}
      note={formatMoment(run.createdAt)}
      actions={
        <a href={routeTo('library')} aria-label={`Close ${run.name}`}>
          Close
        </a>
      }
      className={styles.detail}
    >
      <p className={styles.summary}>
        <RankMark rank={run.settings.adapter.rank} />
        <RunStatusText run={run} />
      </p>
      {run.message !== null && (run.status === 'failed' ? <ErrorNote message={run.message} /> : <p>{run.message}</p>)}
      <RunActions run={run} />
      {run.isImported ? (
        <p className={styles.dim}>Trained elsewhere and imported: there is no curve to show.</p>
      ) : (
        <RunCurve run={run} metrics={metrics} />
      )}
      <section>
        <h3>Results</h3>
        <FieldList fields={resultFields(run)} />
      </section>
      {run.evaluations.length > 0 && <EvaluationTable evaluations={run.evaluations} />}
      {run.scores !== undefined && <ScoresTable runId={run.id} scores={run.scores} />}
      {run.samples.length > 0 && (
        <section className={styles.samples}>
          <h3>Samples</h3>
          <PromptAnswers samples={run.samples} />
        </section>
      )}
      <section>
        <h3>Settings</h3>
        <FieldList fields={runFields(run)} />
      </section>
    </Panel>
  );
}

function FieldList({ fields }: { fields: { key: string; label: string; text: string }[] }) {
  return (
    <dl className={styles.fields}>
      {fields.map(({ key, label, text }) => (
        <div key={key}>
          <dt>{label}</dt>
          <dd>{text}</dd>
        </div>
      ))}
    </dl>
  );
}
