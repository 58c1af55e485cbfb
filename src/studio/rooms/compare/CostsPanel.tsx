// What each run cost, beside what training every weight would have cost: the reduction that LoRA bought, for this model.
import { Button } from '@mantine/core';
import { DataTable } from '../../charts/pictures/DataTable.tsx';
import { Panel } from '../../panels/Panel.tsx';
import { toCsv } from '../../runs/csv.ts';
import { RankMark } from '../../runs/RankMark.tsx';
import { saveCsv } from '../../runs/saveFile.ts';
import styles from './compare.module.css';
import type { ComparedRun } from './compared.ts';
import { costsNote, costsOf, costsTable, reductionText } from './costs.ts';

export function CostsPanel({ compared }: { compared: readonly ComparedRun[] }) {
  const columns = compared.map(({ run, mark }) => ({ run, mark, costs: costsOf(run) }));
  const rows = (columns[0]?.costs ?? []).filter(({ key }) =>
    columns.some(({ costs }) => costs.some((cost) => cost.key === key && cost.adapter !== null)),
  );
  const table = costsTable(compared.map(({ run }) => run));
  return (
    <Panel
      title="Costs"
      note="LoRA, and training every weight by arithmetic"
      actions={
        <Button
          size="xs"
          variant="default"
          onClick={() =>
            saveCsv(
              'rankwise-costs.csv',
              toCsv(
                [...table.header],
                table.rows.map((row) => [...row]),
              ),
            )
          }
        >
          Costs as CSV
        </Button>
      }
    >
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a wide table is scrolled with the keyboard too. */}
      <section className={styles.scroll} tabIndex={0} aria-label="Costs of the compared runs">
        <table className={styles.table}>
          <thead>
            <tr>
              <td />
              {columns.map(({ run, mark }) => (
                <th key={run.id} scope="col">
                  <RankMark rank={mark.rank} label={mark.label} dash={mark.dash} />
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map(({ key, label }) => (
              <tr key={key}>
                <th scope="row">{label}</th>
                {columns.map(({ run, costs }) => {
                  const cost = costs.find((one) => one.key === key);
                  return (
                    <td key={run.id}>
                      {cost && cost.adapter !== null ? cost.format(cost.adapter) : '—'}
                      {cost && cost.adapter !== null && cost.full !== null && (
                        <span className={styles.against}>
                          {reductionText(cost)} than {cost.format(cost.full)}
                        </span>
                      )}
                    </td>
                  );
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      <p className={styles.small}>{costsNote(compared.map(({ run }) => run))}</p>
      <details className={styles.equal}>
        <summary>Table</summary>
        <DataTable label="Costs: the numbers" table={table} />
      </details>
    </Panel>
  );
}
