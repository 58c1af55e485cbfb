// Results and settings of the compared runs, one column each: what differs stands out, what is the same is folded away.
import type { ReactNode } from 'react';
import type { RunRecord } from '../../../worker/protocol/runs.ts';
import { Panel } from '../../panels/Panel.tsx';
import { routeTo } from '../../routing.ts';
import { RankMark } from '../../runs/RankMark.tsx';
import { RunStatusText } from '../../runs/RunStatusText.tsx';
import { bestOf, type ResultField } from '../../runs/resultFields.ts';
import { splitFields } from '../../runs/runFields.ts';
import styles from './compare.module.css';
import { comparedResults } from './comparedResults.ts';
import type { RunMark } from './runMarks.ts';

interface Props {
  runs: RunRecord[];
  marks: RunMark[];
  actions: ReactNode;
}

export function FieldTables({ runs, marks, actions }: Props) {
  const { differing, equal } = splitFields(runs);
  const results = transpose(comparedResults(runs)).filter((fields) => fields.some(({ text }) => text !== ''));
  return (
    <Panel title="Results and settings" note="the best of each result is bold" actions={actions}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a wide table is scrolled with the keyboard too. */}
      <section className={styles.scroll} tabIndex={0} aria-label="Results and settings of the compared runs">
        <table className={styles.table}>
          <thead>
            <tr>
              <td />
              {runs.map((run, i) => (
                <th key={run.id} scope="col">
                  <div className={styles.columnHead}>
                    <RankMark rank={run.settings.adapter.rank} label={marks[i]?.label} dash={marks[i]?.dash} />
                    <a href={routeTo('library', { run: run.id })}>{run.name}</a>
                    <RunStatusText run={run} />
                  </div>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            <GroupHead columns={runs.length}>Results</GroupHead>
            {results.map((fields) => (
              <ResultRow key={fields[0]?.key} fields={fields} />
            ))}
          </tbody>
          {differing.length > 0 && (
            <tbody>
              <GroupHead columns={runs.length}>Settings that differ</GroupHead>
              {differing.map(({ key, label, texts }) => (
                <tr key={key} className={styles.differing}>
                  <th scope="row">
                    <span aria-hidden="true">≠ </span>
                    {label}
                  </th>
                  {runs.map((run, i) => (
                    <td key={run.id}>{texts[i] || '—'}</td>
                  ))}
                </tr>
              ))}
            </tbody>
          )}
        </table>
      </section>
      {runs.length > 1 && differing.length === 0 && <p>These runs have the same settings and data.</p>}
      <details className={styles.equal}>
        <summary>
          {runs.length > 1 ? `${equal.length} settings that are the same in all` : `${equal.length} settings`}
        </summary>
        <dl>
          {equal.map(({ key, label, texts }) => (
            <div key={key}>
              <dt>{label}</dt>
              <dd>{texts[0]}</dd>
            </div>
          ))}
        </dl>
      </details>
    </Panel>
  );
}

function GroupHead({ columns, children }: { columns: number; children: string }) {
  return (
    <tr>
      <th scope="rowgroup" colSpan={columns + 1} className={styles.group}>
        {children}
      </th>
    </tr>
  );
}

function ResultRow({ fields }: { fields: ResultField[] }) {
  const best = bestOf(fields);
  return (
    <tr>
      <th scope="row">{fields[0]?.label}</th>
      {fields.map(({ text }, column) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a column is its place.
        <td key={column} data-best={best.includes(column) || undefined}>
          {text || '—'}
          {best.includes(column) && <span className="visually-hidden"> (best)</span>}
        </td>
      ))}
    </tr>
  );
}

/** Per field the values of all runs, from per run the values of all fields. */
function transpose(runs: ResultField[][]): ResultField[][] {
  return (runs[0] ?? []).map((_, field) => runs.flatMap((fields) => fields[field] ?? []));
}
