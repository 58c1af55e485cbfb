// One answerer and what it said to the prompt.
import { CloseButton } from '@mantine/core';
import { ErrorNote } from '../../panels/ErrorNote.tsx';
import { AnswererPicker } from './AnswererPicker.tsx';
import { AnswerFacts } from './AnswerFacts.tsx';
import type { AdapterChoice } from './answererChoices.ts';
import { changeAnswerer } from './answering.ts';
import { DiffText } from './DiffText.tsx';
import styles from './playground.module.css';
import { type Asked, type Column, removeColumn } from './playgroundStore.ts';
import { QueryResult } from './QueryResult.tsx';
import { VerdictText } from './VerdictText.tsx';
import { verdictOf } from './verdict.ts';

interface Props {
  column: Column;
  name: string;
  /** From 1. */
  place: number;
  choices: AdapterChoice[];
  asked: Asked | null;
  /** What differences are marked against; null leaves the answer plain. */
  reference: string | null;
  isOnly: boolean;
}

export function AnswerColumn({ column, name, place, choices, asked, reference, isOnly }: Props) {
  const { state } = column;
  return (
    <section className={styles.column} aria-label={`Answer of ${name}`}>
      <header className={styles.columnHead}>
        <AnswererPicker
          answerer={column.answerer}
          choices={choices}
          place={place}
          onChange={(answerer) => changeAnswerer(column.id, answerer)}
        />
        {!isOnly && (
          <CloseButton
            className={styles.remove}
            size="sm"
            aria-label={`Remove answerer ${place}`}
            onClick={() => removeColumn(column.id)}
          />
        )}
      </header>
      <div className={styles.said} aria-live="polite" aria-busy={state.kind === 'answering'}>
        {state.kind === 'idle' && <p className={styles.dim}>{asked === null ? 'Not asked yet.' : 'No answer.'}</p>}
        {state.kind === 'answering' && <p className={styles.answer}>{state.text || '…'}</p>}
        {state.kind === 'answered' && <Said state={state} place={place} asked={asked} reference={reference} />}
        {state.kind === 'failed' && <ErrorNote message={state.message} />}
      </div>
    </section>
  );
}

interface SaidProps {
  place: number;
  state: Extract<Column['state'], { kind: 'answered' }>;
  asked: Asked | null;
  reference: string | null;
}

function Said({ state: { answer, result }, place, asked, reference }: SaidProps) {
  const verdict = verdictOf(asked?.example ?? null, answer.text, asked?.expectedResult ?? null, result);
  const isQuery = asked?.example?.table != null;
  return (
    <>
      {reference === null || answer.text.trim() === '' ? (
        <p className={styles.answer}>{answer.text.trim() || <span className={styles.dim}>(an empty answer)</span>}</p>
      ) : (
        <DiffText reference={reference.trim()} text={answer.text.trim()} />
      )}
      {answer.stoppedBy !== 'cancelled' && <VerdictText verdict={verdict} result={isQuery ? result : null} />}
      {isQuery && (
        <QueryResult
          caption="Its result on the table"
          label={`Result of answerer ${place} on the table`}
          result={result}
        />
      )}
      <AnswerFacts answer={answer} />
    </>
  );
}
