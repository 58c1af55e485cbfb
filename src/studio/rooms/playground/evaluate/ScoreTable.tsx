// Every answerer's scores with their intervals, and what the data can and cannot tell apart.
import { Button } from '@mantine/core';
import type { Evaluation } from '../../../../worker/protocol.ts';
import { formatExact, formatNoun } from '../../../format.ts';
import { saveCsv } from '../../../runs/saveFile.ts';
import type { ScoreKind } from '../../../runs/scoreKinds.ts';
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
    <section aria-label="Scores" className={styles.part}>
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
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a wide table is scrolled with the keyboard too. */}
      <section className={styles.scroll} tabIndex={0} aria-label="Table of scores">
        <table className={styles.scores}>
          <thead>
            <tr>
              <th scope="col">Answerer</th>
              {shown.map(({ name, title, help }) => (
                <th key={name} scope="col" title={help}>
                  {title}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {evaluation.answerers.map(({ runId, scores }, place) => (
              <tr key={runId ?? 'base'}>
                <th scope="row">{names[place]}</th>
                {shown.map(({ name, format }) => {
                  const score = scores[name];
                  return (
                    <td key={name} data-best={bestOf(name) === place || undefined}>
                      {score === undefined ? (
                        '—'
                      ) : (
                        <>
                          {format(score.value)}
                          {bestOf(name) === place && <span className="visually-hidden"> (best)</span>}
                          <span className={styles.interval}>
                            {format(score.low)} to {format(score.high)}
                          </span>
                        </>
                      )}
                    </td>
                  );
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      <p className={styles.note}>
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
