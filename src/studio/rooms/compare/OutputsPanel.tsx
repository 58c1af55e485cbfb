// What the runs answered, side by side, with what differs from the right answer (or from the first one) marked.
import { Button } from '@mantine/core';
import { useMemo, useState } from 'react';
import type { Evaluation } from '../../../worker/protocol/evaluation.ts';
import { formatExact } from '../../format.ts';
import { Panel } from '../../panels/Panel.tsx';
import { toCsv } from '../../runs/csv.ts';
import { RankMark } from '../../runs/RankMark.tsx';
import { saveCsv } from '../../runs/saveFile.ts';
import { DiffText } from '../playground/DiffText.tsx';
import styles from './compare.module.css';
import type { ComparedRun } from './compared.ts';
import { outputsOf, type PromptOutputs } from './outputs.ts';

const PER_PAGE = 5;

/** Null where there is nothing to set side by side. */
export function OutputsPanel({
  compared,
  evaluation,
}: {
  compared: readonly ComparedRun[];
  evaluation: Evaluation | null;
}) {
  const outputs = useMemo(
    () =>
      outputsOf(
        compared.map(({ run }) => run),
        evaluation,
      ),
    [compared, evaluation],
  );
  const [page, setPage] = useState(0);
  if (!outputs) return null;
  const { questions, source } = outputs;
  const pages = Math.ceil(questions.length / PER_PAGE);
  const shown = Math.min(page, pages - 1);
  const save = () => {
    const header = ['prompt', 'right answer', ...compared.map(({ mark }) => mark.label)];
    const rows = questions.map(({ prompt, reference, texts }) => [prompt, reference, ...texts]);
    saveCsv('rankwise-outputs.csv', toCsv(header, rows));
  };
  return (
    <Panel
      title="Outputs side by side"
      note={source}
      actions={
        <Button size="xs" variant="default" onClick={save}>
          Outputs as CSV
        </Button>
      }
    >
      {questions.slice(shown * PER_PAGE, (shown + 1) * PER_PAGE).map((question) => (
        <Question key={question.prompt} question={question} compared={compared} />
      ))}
      {pages > 1 && (
        <div className={styles.controls}>
          <Button size="xs" variant="default" disabled={shown === 0} onClick={() => setPage(shown - 1)}>
            Earlier
          </Button>
          <Button size="xs" variant="default" disabled={shown === pages - 1} onClick={() => setPage(shown + 1)}>
            Later
          </Button>
          <span className={styles.hint}>
            {formatExact(shown * PER_PAGE + 1)} to {formatExact(Math.min((shown + 1) * PER_PAGE, questions.length))} of{' '}
            {formatExact(questions.length)}
          </span>
        </div>
      )}
    </Panel>
  );
}

function Question({ question, compared }: { question: PromptOutputs; compared: readonly ComparedRun[] }) {
  const { prompt, reference, texts } = question;
  const against = reference ?? texts.find((text) => text !== null) ?? '';
  return (
    <section className={styles.output} aria-label={`Answers to ${prompt}`}>
      <p className={styles.prompt}>{prompt}</p>
      {reference !== null && (
        <p className={styles.reference}>
          <span>right</span> {reference}
        </p>
      )}
      <ul className={styles.answers}>
        {compared.map(({ run, mark }, at) => {
          const text = texts[at] ?? null;
          return (
            <li key={run.id}>
              <RankMark rank={mark.rank} label={mark.label} dash={mark.dash} />
              {text === null ? <p className={styles.small}>not asked</p> : <DiffText reference={against} text={text} />}
            </li>
          );
        })}
      </ul>
    </section>
  );
}
