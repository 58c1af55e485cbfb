// Both engines on one prompt: whether they say the same, how far apart their logits are, how quick each is.
import type { Answer } from '../../../../worker/protocol.ts';
import { formatDuration, formatNoun, formatTokensPerSecond } from '../../../format.ts';
import { DiffText } from '../DiffText.tsx';
import { tokensPerSecond } from '../tokensPerSecond.ts';
import styles from './onnx.module.css';
import type { Comparison, Conditions } from './onnxStore.ts';
import { enginesText, magnitude } from './onnxWords.ts';

export function EngineTable({ rows, ...conditions }: Conditions & { rows: Comparison[] }) {
  const different = rows.filter(({ ours, theirs }) => ours.text !== theirs.text);
  return (
    <section className={styles.part} aria-label="Our engine and onnxruntime">
      <p className={styles.note}>{enginesText(conditions)}</p>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a wide table is scrolled with the keyboard too. */}
      <section className={styles.scroll} tabIndex={0} aria-label="Table of both engines">
        <table className={styles.table}>
          <thead>
            <tr>
              <th scope="col">Answerer</th>
              <th scope="col">Text</th>
              <th scope="col" title="The largest difference of any logit at any position of prompt and answer">
                Logits differ by
              </th>
              <th scope="col">Our engine</th>
              <th scope="col">onnxruntime</th>
            </tr>
          </thead>
          <tbody>
            {rows.map(({ name, ours, theirs, difference }) => (
              <tr key={name}>
                <th scope="row">{name}</th>
                <td>
                  {ours.text === theirs.text ? '✓ the same' : '✕ differs'}
                  <span className={styles.detail}>{formatNoun(theirs.newTokens, 'token')}</span>
                </td>
                <td>
                  {magnitude(difference.largest)}
                  <span className={styles.detail}>of logits up to {difference.scale.toFixed(1)}</span>
                  <span className={styles.detail}>{formatNoun(difference.positions, 'position')}</span>
                </td>
                <td>
                  <Speed answer={ours} />
                </td>
                <td>
                  <Speed answer={theirs} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      {different.map(({ name, ours, theirs }) => (
        <div key={name} className={styles.said}>
          <p>{name}, in onnxruntime against our engine:</p>
          <DiffText reference={ours.text.trim()} text={theirs.text.trim()} />
        </div>
      ))}
      <p className={styles.note}>
        Speed of the second answer, after a short one that warms up: tokens per second once it runs, and the time to the
        first token. The merged model is set against our adapter beside the weights.
      </p>
    </section>
  );
}

function Speed({ answer }: { answer: Pick<Answer, 'newTokens' | 'firstTokenMs' | 'elapsedMs'> }) {
  const rate = tokensPerSecond(answer);
  return (
    <>
      {rate === null ? '—' : formatTokensPerSecond(rate)}
      <span className={styles.detail}>first after {formatDuration(answer.firstTokenMs)}</span>
    </>
  );
}
