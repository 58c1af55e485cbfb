// Every answerer's scores with their intervals, and what the data can and cannot tell apart.
import { Button } from '@mantine/core';
import type { Evaluation } from '../../../../worker/protocol/evaluation.ts';
import { formatExact, formatNoun } from '../../../format.ts';
import { NumberTable, Value } from '../../../panels/NumberTable.tsx';
import { saveCsv } from '../../../runs/saveFile.ts';
import type { ScoreKind } from '../../../runs/scoreKinds.ts';
import playground from '../playground.module.css';
import styles from './evaluate.module.css';
import { scoresCsv, scoresShown, verdictOn, verdictSentences } from './evaluationWords.ts';

interface Props {
  evaluation: Evaluation;
  /** Of the answerers, in their order. */
  names: string[];
}

export function ScoreTable({ evaluation, names }: Props) {
  const shown = scoresShown(evaluation);
  const bestOf = (name: ScoreKind['name']) => verdictOn(evaluation, name)?.best;
  return (
    <section aria-label="Scores" className={playground.part}>
      <header className={styles.partHead}>
        <h3>
          {evaluation.dataName}: {formatNoun(evaluation.questions.length, 'context')}, {formatExact(evaluation.rows)}{' '}
          rows
        </h3>
        <Button
          size="compact-sm"
          variant="default"
          onClick={() => saveCsv('rankwise-scores.csv', scoresCsv(evaluation, names))}
        >
          Scores as CSV
        </Button>
      </header>
      <NumberTable label="Table of scores" columns={[{ title: 'Answerer' }, ...shown]}>
        {evaluation.answerers.map(({ runId, scores }, place) => (
          <tr key={runId ?? 'base'}>
            <th scope="row">{names[place]}</th>
            {shown.map(({ name, format }) => {
              const score = scores[name];
              if (score === undefined) return <Value key={name}>—</Value>;
              const interval = `${format(score.low)} to ${format(score.high)}`;
              return (
                <Value key={name} isBest={bestOf(name) === place} details={[interval]}>
                  {format(score.value)}
                </Value>
              );
            })}
          </tr>
        ))}
      </NumberTable>
      <p className={playground.note}>
        Below each score its 95 % interval: 1,000 bootstrap resamples of the contexts, the same ones for every answerer.
      </p>
      <ul className={styles.verdicts} aria-label="What is beyond noise">
        {verdictSentences(evaluation, names).map((sentence) => (
          <li key={sentence}>{sentence}</li>
        ))}
      </ul>
    </section>
  );
}
