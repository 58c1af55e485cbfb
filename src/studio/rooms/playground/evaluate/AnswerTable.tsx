// Every context with its right answers and what each answerer said, to read, search, filter and sort.
import { Button } from '@mantine/core';
import { useMemo, useState } from 'react';
import type { EvaluatedAnswer, EvaluatedQuestion, Evaluation } from '../../../../worker/protocol/evaluation.ts';
import { formatExact, formatLoss } from '../../../format.ts';
import fieldStyles from '../../../panels/Field.module.css';
import { Field } from '../../../panels/Field.tsx';
import { Select } from '../../../panels/Select.tsx';
import { saveCsv } from '../../../runs/saveFile.ts';
import { DiffText } from '../DiffText.tsx';
import playground from '../playground.module.css';
import { type AnswerFilter, type AnswerOrder, FILTERS, listAnswers, ORDERS } from './answerRows.ts';
import styles from './evaluate.module.css';
import { answersCsv } from './evaluationWords.ts';

const PAGE = 10;

interface Props {
  evaluation: Evaluation;
  names: string[];
}

export function AnswerTable({ evaluation, names }: Props) {
  const [filter, setFilter] = useState<AnswerFilter>('all');
  const [order, setOrder] = useState<AnswerOrder>('disagreement');
  const [search, setSearch] = useState('');
  const [wantedPage, setPage] = useState(0);
  const { questions } = evaluation;
  const listed = useMemo(() => listAnswers(questions, { filter, order, search }), [questions, filter, order, search]);
  const pages = Math.max(1, Math.ceil(listed.length / PAGE));
  const page = Math.min(wantedPage, pages - 1);
  return (
    <section aria-label="Answers by context" className={playground.part}>
      <header className={styles.partHead}>
        <h3>Answers by context</h3>
        <Button
          size="compact-sm"
          variant="default"
          onClick={() => saveCsv('rankwise-answers.csv', answersCsv(evaluation, names))}
        >
          Answers as CSV
        </Button>
      </header>
      <div className={styles.controls}>
        <Field label="Search">
          {(ids) => (
            <input
              {...ids}
              type="search"
              className={fieldStyles.input}
              value={search}
              onChange={({ currentTarget }) => setSearch(currentTarget.value)}
            />
          )}
        </Field>
        <Select label="Show" value={filter} options={FILTERS} onChange={setFilter} />
        <Select label="Sort by" value={order} options={ORDERS} onChange={setOrder} />
      </div>
      <p role="status" className={playground.note}>
        {formatExact(listed.length)} of {formatExact(questions.length)} contexts
      </p>
      <ol className={styles.answers}>
        {listed.slice(page * PAGE, (page + 1) * PAGE).map((question) => (
          <QuestionRow key={question.line} question={question} names={names} />
        ))}
      </ol>
      {pages > 1 && (
        <div className={styles.pages}>
          <Button size="compact-sm" variant="default" disabled={page === 0} onClick={() => setPage(page - 1)}>
            Previous
          </Button>
          <span>
            Page {page + 1} of {pages}
          </span>
          <Button size="compact-sm" variant="default" disabled={page === pages - 1} onClick={() => setPage(page + 1)}>
            Next
          </Button>
        </div>
      )}
    </section>
  );
}

function QuestionRow({ question, names }: { question: EvaluatedQuestion; names: string[] }) {
  const { line, prompt, references, answers, disagreement } = question;
  return (
    <li className={styles.question}>
      <div className={styles.asked}>
        <p className={playground.note}>
          Line {formatExact(line)}
          {answers.length > 1 && `, disagreement ${disagreement.toFixed(0)}`}
        </p>
        <p className={styles.text}>{prompt.trim()}</p>
      </div>
      <dl className={styles.said}>
        <div>
          <dt>{references.length > 1 ? `${references.length} right answers` : 'Right answer'}</dt>
          <dd className={styles.text}>{references.join('\n')}</dd>
        </div>
        {answers.map((answer, place) => (
          <div key={names[place]}>
            <dt>
              {names[place]} <AnswerFacts answer={answer} />
            </dt>
            <dd>
              <AnswerText answer={answer} references={references} />
            </dd>
          </div>
        ))}
      </dl>
    </li>
  );
}

function AnswerText({
  answer: { text, exactMatch },
  references,
}: {
  answer: EvaluatedAnswer;
  references: readonly string[];
}) {
  if (text === null) return null;
  if (text.trim() === '') return <span className={playground.note}>(an empty answer)</span>;
  if (exactMatch) return <p className={styles.text}>{text.trim()}</p>;
  return <DiffText reference={(references[0] ?? '').trim()} text={text.trim()} />;
}

function AnswerFacts({ answer: { exactMatch, chrf, bleu, loss } }: { answer: EvaluatedAnswer }) {
  const facts = [
    ...(exactMatch === null ? [] : [exactMatch ? '✓ exact' : '✕ not exact']),
    ...(chrf === null || exactMatch ? [] : [`chrF ${chrf.toFixed(0)}`]),
    ...(bleu === null || exactMatch ? [] : [`BLEU ${bleu.toFixed(0)}`]),
    `loss ${formatLoss(loss)}`,
  ];
  return <span className={styles.facts}>{facts.join(', ')}</span>;
}
