// Both engines on one prompt: whether they say the same, how far apart their logits are, how quick each is.
import type { Answer } from '../../../../worker/protocol/playground.ts';
import { formatDuration, formatNoun, formatTokensPerSecond } from '../../../format.ts';
import { NumberTable, Value } from '../../../panels/NumberTable.tsx';
import { DiffText } from '../DiffText.tsx';
import playground from '../playground.module.css';
import { tokensPerSecond } from '../tokensPerSecond.ts';
import styles from './onnx.module.css';
import type { Comparison, Conditions } from './onnxStore.ts';
import { enginesText, magnitude } from './onnxWords.ts';

const COLUMNS = [
  { title: 'Answerer' },
  { title: 'Text' },
  {
    title: 'Logits differ by',
    help: 'The largest difference of any logit at any position of prompt and answer',
  },
  { title: 'Our engine' },
  { title: 'onnxruntime' },
];

export function EngineTable({ rows, ...conditions }: Conditions & { rows: Comparison[] }) {
  const different = rows.filter(({ ours, theirs }) => ours.text !== theirs.text);
  return (
    <section className={playground.part} aria-label="Our engine and onnxruntime">
      <p className={playground.note}>{enginesText(conditions)}</p>
      <NumberTable label="Table of both engines" columns={COLUMNS}>
        {rows.map(({ name, ours, theirs, difference: { largest, scale, positions } }) => (
          <tr key={name}>
            <th scope="row">{name}</th>
            <Value details={[formatNoun(theirs.newTokens, 'token')]}>
              {ours.text === theirs.text ? '✓ the same' : '✕ differs'}
            </Value>
            <Value details={[`of logits up to ${scale.toFixed(1)}`, formatNoun(positions, 'position')]}>
              {magnitude(largest)}
            </Value>
            <Value details={[firstText(ours)]}>{speedText(ours)}</Value>
            <Value details={[firstText(theirs)]}>{speedText(theirs)}</Value>
          </tr>
        ))}
      </NumberTable>
      {different.map(({ name, ours, theirs }) => (
        <div key={name} className={styles.said}>
          <p>{name}, in onnxruntime against our engine:</p>
          <DiffText reference={ours.text.trim()} text={theirs.text.trim()} />
        </div>
      ))}
      <p className={playground.note}>
        Speed of the second answer, after a short one that warms up: tokens per second once it runs, and the time to the
        first token. The merged model is set against our adapter beside the weights.
      </p>
    </section>
  );
}

type Timed = Pick<Answer, 'newTokens' | 'firstTokenMs' | 'elapsedMs'>;

function speedText(answer: Timed): string {
  const rate = tokensPerSecond(answer);
  return rate === null ? '—' : formatTokensPerSecond(rate);
}

function firstText({ firstTokenMs }: Timed): string {
  return `first after ${formatDuration(firstTokenMs)}`;
}
