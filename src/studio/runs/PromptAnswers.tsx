// A fixed prompt and what a run answered to it as it learned, newest first.
import { useState } from 'react';
import type { SampleResult } from '../../worker/protocol/runs.ts';
import { formatExact } from '../format.ts';
import styles from './runs.module.css';

/** Answers in sight; older ones unfold. */
const SHOWN = 3;

/** One for each prompt of `samples`. */
export function PromptAnswers({ samples }: { samples: readonly SampleResult[] }) {
  const prompts = [...new Set(samples.map(({ prompt }) => prompt))];
  return prompts.map((prompt) => (
    <OnePrompt
      key={prompt}
      prompt={prompt}
      answers={samples.filter((sample) => sample.prompt === prompt).sort((a, b) => b.step - a.step)}
    />
  ));
}

function OnePrompt({ prompt, answers }: { prompt: string; answers: readonly SampleResult[] }) {
  const earlier = answers.slice(SHOWN);
  // Of a long run there are thousands: they are in the page only while they are looked at.
  const [isUnfolded, setUnfolded] = useState(false);
  return (
    <div className={styles.answered}>
      <pre>{prompt.trimEnd()}</pre>
      <AnswerList answers={answers.slice(0, SHOWN)} />
      {earlier.length > 0 && (
        <details onToggle={({ currentTarget }) => setUnfolded(currentTarget.open)}>
          <summary>{formatExact(earlier.length)} earlier</summary>
          {isUnfolded && <AnswerList answers={earlier} />}
        </details>
      )}
    </div>
  );
}

function AnswerList({ answers }: { answers: readonly SampleResult[] }) {
  return (
    <ol>
      {answers.map(({ step, text }) => (
        <li key={step}>
          <span className={styles.step}>step {formatExact(step)}</span>
          <code>{text.trim() || '(nothing)'}</code>
        </li>
      ))}
    </ol>
  );
}
