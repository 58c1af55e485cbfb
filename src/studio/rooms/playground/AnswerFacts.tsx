// How an answer came about: tokens, time to the first, speed, and why it ended.
import type { Answer } from '../../../worker/protocol/playground.ts';
import { formatDuration, formatNoun, formatTokensPerSecond } from '../../format.ts';
import styles from './playground.module.css';
import { tokensPerSecond } from './tokensPerSecond.ts';

const ENDINGS: Record<Answer['stoppedBy'], string> = {
  end: 'ended by itself',
  length: 'cut at the token limit',
  cancelled: 'cancelled',
};

export function AnswerFacts({ answer }: { answer: Answer }) {
  const rate = tokensPerSecond(answer);
  return (
    <ul className={styles.facts} aria-label="Speed">
      <li>{formatNoun(answer.newTokens, 'token')}</li>
      <li>first after {formatDuration(answer.firstTokenMs)}</li>
      {rate !== null && <li>{formatTokensPerSecond(rate)}</li>}
      <li>{ENDINGS[answer.stoppedBy]}</li>
    </ul>
  );
}
