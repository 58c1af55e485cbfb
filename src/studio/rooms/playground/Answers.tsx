// The right answer where one is known, and every column's answer beside each other.
import { Button } from '@mantine/core';
import { useState } from 'react';
import type { RunRecord } from '../../../worker/protocol/runs.ts';
import { Check } from '../../panels/Check.tsx';
import { Panel } from '../../panels/Panel.tsx';
import { routeTo } from '../../routing.ts';
import { AnswerColumn } from './AnswerColumn.tsx';
import { type AdapterChoice, answererName } from './answererChoices.ts';
import { addAnswerer } from './answering.ts';
import styles from './playground.module.css';
import { usePlayground } from './playgroundStore.ts';
import { RightAnswer } from './RightAnswer.tsx';

export function Answers({ runs, choices }: { runs: RunRecord[]; choices: AdapterChoice[] }) {
  const columns = usePlayground((state) => state.columns);
  const asked = usePlayground((state) => state.asked);
  const example = usePlayground((state) => state.example);
  const [isMarked, setIsMarked] = useState(true);

  const fitting = choices.filter(({ refusal }) => refusal === null);
  const shown = new Set(columns.flatMap(({ answerer }) => (answerer.kind === 'adapter' ? answerer.runId : [])));
  const next = fitting.find(({ run }) => !shown.has(run.id)) ?? fitting[0];
  const target = asked?.example?.target ?? null;
  const first = columns[0]?.state;
  const firstText = first?.kind === 'answered' ? first.answer.text : null;
  const shownExample = asked === null ? example : asked.example;

  return (
    <Panel
      title="Answers"
      note={isMarked && asked !== null ? markNote(target !== null, columns.length) : null}
      actions={
        next !== undefined && (
          <Button
            size="xs"
            variant="default"
            onClick={() => void addAnswerer({ kind: 'adapter', runId: next.run.id, strength: 1 })}
          >
            Add an answerer
          </Button>
        )
      }
    >
      <Check label="Mark differences" isChecked={isMarked} onChange={setIsMarked} />
      {shownExample !== null && <RightAnswer example={shownExample} expectedResult={asked?.expectedResult ?? null} />}
      <div className={styles.columns}>
        {columns.map((column, index) => (
          <AnswerColumn
            key={column.id}
            column={column}
            name={answererName(column.answerer, runs)}
            place={index + 1}
            choices={choices}
            asked={asked}
            reference={isMarked ? (target ?? (index === 0 ? null : firstText)) : null}
            isOnly={columns.length === 1}
          />
        ))}
      </div>
      {fitting.length === 0 && (
        <p className={styles.dim}>
          No adapter for this model yet. <a href={routeTo('train')}>Train one</a>, or{' '}
          <a href={routeTo('library')}>import one</a> in the Library, to see it answer beside the base.
        </p>
      )}
    </Panel>
  );
}

function markNote(hasTarget: boolean, columns: number): string | null {
  if (!hasTarget && columns < 2) return null;
  const other = hasTarget ? 'the right answer' : 'answerer 1';
  return `underlined: not in ${other}; struck out: only in ${other}`;
}
