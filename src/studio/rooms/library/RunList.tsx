// Every run in one table: searched, sorted, opened, ticked for comparison.
import { Button, Checkbox } from '@mantine/core';
import { useState } from 'react';
import type { RunRecord } from '../../../worker/protocol/runs.ts';
import { formatExact, formatLoss, formatMoment, formatShare, shortFileName } from '../../format.ts';
import fieldStyles from '../../panels/Field.module.css';
import { Field } from '../../panels/Field.tsx';
import { openRoom, routeTo } from '../../routing.ts';
import { RankMark } from '../../runs/RankMark.tsx';
import { RunStatusText } from '../../runs/RunStatusText.tsx';
import styles from './library.module.css';
import { type RunOrder, SORT_KEYS, type SortKey, searchRuns, shownLoss, sortRuns, validationLoss } from './runTable.ts';

const TITLES: Record<SortKey, string> = {
  name: 'Run',
  rank: 'Rank',
  loss: 'Loss',
  right: 'Right',
  status: 'Status',
  model: 'Model',
  data: 'Data',
  created: 'Made',
};

/** Rows at first: what is below the list is not to be a hundred runs away. */
const SHOWN = 50;

/** Small numbers are interesting first for these, large ones for the others. */
const ASCENDING_FIRST: SortKey[] = ['name', 'model', 'data', 'rank', 'loss', 'status'];

export function RunList({ runs, openedId }: { runs: RunRecord[]; openedId: string | null }) {
  const [query, setQuery] = useState('');
  const [order, setOrder] = useState<RunOrder>({ key: 'created', direction: 'descending' });
  const [ticked, setTicked] = useState<string[]>([]);
  const [isWhole, setWhole] = useState(false);
  const found = sortRuns(searchRuns(runs, query), order);
  const shown = isWhole ? found : found.slice(0, SHOWN);
  const chosen = ticked.filter((id) => runs.some((run) => run.id === id));

  const sortBy = (key: SortKey) => {
    const isSame = order.key === key;
    const first = ASCENDING_FIRST.includes(key) ? 'ascending' : 'descending';
    const other = first === 'ascending' ? 'descending' : 'ascending';
    setOrder({ key, direction: isSame && order.direction === first ? other : first });
  };

  return (
    <div className={styles.list}>
      <div className={styles.listHead}>
        <Field label="Search runs">
          {(ids) => (
            <input
              {...ids}
              type="search"
              className={fieldStyles.input}
              placeholder="name, model, data, r8 …"
              value={query}
              onChange={({ currentTarget }) => setQuery(currentTarget.value)}
            />
          )}
        </Field>
        <Button
          size="xs"
          variant="default"
          disabled={chosen.length < 2}
          onClick={() => openRoom('compare', { runs: chosen.join(',') })}
        >
          {chosen.length < 2 ? 'Compare: tick two or more' : `Compare ${chosen.length} runs`}
        </Button>
      </div>
      <table className={styles.table}>
        <caption className="visually-hidden">
          Runs kept in this browser, {shown.length} of {found.length} shown
        </caption>
        <thead>
          <tr>
            <th scope="col">
              <span className="visually-hidden">Compare</span>
            </th>
            {SORT_KEYS.map((key) => (
              <th key={key} scope="col" data-column={key} aria-sort={order.key === key ? order.direction : undefined}>
                <button type="button" className={styles.sort} onClick={() => sortBy(key)}>
                  {TITLES[key]}
                  <span aria-hidden="true">
                    {order.key !== key ? '' : order.direction === 'ascending' ? ' ↑' : ' ↓'}
                  </span>
                </button>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {shown.map((run) => (
            <RunRow
              key={run.id}
              run={run}
              isOpen={run.id === openedId}
              isTicked={chosen.includes(run.id)}
              onTick={(isTicked) => setTicked(isTicked ? [...chosen, run.id] : chosen.filter((id) => id !== run.id))}
            />
          ))}
        </tbody>
      </table>
      {shown.length < found.length && (
        <Button className={styles.whole} size="xs" variant="default" onClick={() => setWhole(true)}>
          Show all {formatExact(found.length)} runs
        </Button>
      )}
      {found.length === 0 && <p className={styles.dim}>No run has all of “{query}”. Clear the search to see all.</p>}
    </div>
  );
}

interface RowProps {
  run: RunRecord;
  isOpen: boolean;
  isTicked: boolean;
  onTick: (isTicked: boolean) => void;
}

function RunRow({ run, isOpen, isTicked, onTick }: RowProps) {
  const loss = shownLoss(run);
  return (
    <tr data-open={isOpen || undefined}>
      <td>
        <Checkbox
          size="xs"
          checked={isTicked}
          aria-label={`Compare ${run.name}`}
          onChange={({ currentTarget }) => onTick(currentTarget.checked)}
        />
      </td>
      <th scope="row" data-column="name">
        <a href={routeTo('library', { run: run.id })} aria-current={isOpen ? 'true' : undefined}>
          {run.name}
        </a>
        {run.race && <span className={styles.dim}> of {run.race.size} that raced</span>}
      </th>
      <td data-column="model">{run.model.name}</td>
      <td data-column="data" title={run.data.name}>
        {shortFileName(run.data.name) || '—'}
      </td>
      <td data-column="rank">
        <RankMark rank={run.settings.adapter.rank} />
      </td>
      <td data-column="loss">
        {loss === null ? '—' : formatLoss(loss)}
        {loss !== null && validationLoss(run) === null && <span className={styles.dim}> train</span>}
      </td>
      <td data-column="right">{run.accuracy === null ? '—' : formatShare(run.accuracy.adapter)}</td>
      <td data-column="created">{formatMoment(run.createdAt)}</td>
      <td data-column="status">
        <RunStatusText run={run} />
      </td>
    </tr>
  );
}
