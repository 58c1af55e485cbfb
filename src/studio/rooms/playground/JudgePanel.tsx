// How often each answerer is right on held-out rows of a built-in task.
import { Button } from '@mantine/core';
import { useState } from 'react';
import type { RunRecord } from '../../../worker/protocol/runs.ts';
import { formatExact, formatNoun, formatShare } from '../../format.ts';
import { ErrorNote } from '../../panels/ErrorNote.tsx';
import { Panel } from '../../panels/Panel.tsx';
import { ProgressBar } from '../../panels/ProgressBar.tsx';
import { RadioChips } from '../../panels/RadioChips.tsx';
import { useDataStore } from '../../stores/dataStore.ts';
import { answererName } from './answererChoices.ts';
import { cancelJudging, judgeColumns } from './judging.ts';
import styles from './playground.module.css';
import { chosenTask, type Judgement, usePlayground } from './playgroundStore.ts';

const ROW_COUNTS = [100, 200, 500];

export function JudgePanel({ runs }: { runs: RunRecord[] }) {
  const columns = usePlayground((state) => state.columns);
  const judging = usePlayground((state) => state.judging);
  const taskId = usePlayground((state) => state.taskId);
  const tasks = useDataStore((state) => state.tasks);
  const [rows, setRows] = useState(100);
  const task = chosenTask(tasks, taskId);
  if (task === undefined) return null;

  const judged = columns.filter((column) => column.judged?.taskId === task.id);
  const current = judging.kind === 'running' ? columns.find(({ id }) => id === judging.columnId) : undefined;
  return (
    <Panel title="How often right?" note={task.title}>
      <p className={styles.dim}>
        Every answerer answers the same held-out rows, greedily.{' '}
        {task.metric === 'executes'
          ? 'A query is right when it gives the right result on the table.'
          : 'An answer is right when it is the right one word for word.'}
      </p>
      <RadioChips
        legend="Held-out rows"
        value={rows}
        options={ROW_COUNTS.map((value) => ({ value, label: value }))}
        onChange={setRows}
      />
      {judging.kind === 'running' && current !== undefined ? (
        <ProgressBar
          label={`Judging ${answererName(current.answerer, runs)}`}
          share={judging.rows === 0 ? null : judging.done / judging.rows}
          detail={`${judging.done} of ${formatNoun(judging.rows, 'row')}, ${judging.right} right`}
          onCancel={() => void cancelJudging()}
        />
      ) : (
        <Button size="xs" variant="default" className={styles.start} onClick={() => void judgeColumns(task.id, rows)}>
          Judge {rows} held-out rows
        </Button>
      )}
      {judging.kind === 'failed' && <ErrorNote message={judging.message} />}
      {judged.length > 0 && (
        <ul className={styles.judged} aria-label="Right on held-out rows">
          {judged.map(({ id, answerer, judged: result }) => (
            <li key={id}>
              <span>{answererName(answerer, runs)}</span>
              {result && <JudgementText outcome={result.outcome} />}
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}

function JudgementText({ outcome: { right, rows, low, high } }: { outcome: Judgement }) {
  return (
    <span>
      <strong>{formatShare(rows === 0 ? 0 : right / rows)}</strong> ({formatExact(right)} of {formatExact(rows)})
      <br />
      <span className={styles.dim}>
        95 % interval {formatShare(low)} to {formatShare(high)}
      </span>
    </span>
  );
}
