// What the model answers to the same prompts as it learns, newest first.
import { useState } from 'react';
import type { SampleResult } from '../../../../worker/protocol.ts';
import { formatExact } from '../../../format.ts';
import { Panel } from '../../../panels/Panel.tsx';
import styles from './go.module.css';

/** Answers per prompt in sight; older ones unfold. */
const SHOWN = 3;

export function Samples({ samples }: { samples: readonly SampleResult[] }) {
  if (samples.length === 0) return null;
  const prompts = [...new Set(samples.map((sample) => sample.prompt))];
  return (
    <Panel title="Samples" note="the same prompts, answered as training goes on">
      <div className={styles.samples}>
        {prompts.map((prompt) => (
          <PromptAnswers
            key={prompt}
            prompt={prompt}
            answers={samples.filter((sample) => sample.prompt === prompt).sort((a, b) => b.step - a.step)}
          />
        ))}
      </div>
    </Panel>
  );
}

function PromptAnswers({ prompt, answers }: { prompt: string; answers: readonly SampleResult[] }) {
  const earlier = answers.slice(SHOWN);
  // Of a long run there are thousands: they are in the page only while they are looked at.
  const [isUnfolded, setUnfolded] = useState(false);
  return (
    <div>
      <pre className={styles.prompt}>{prompt.trimEnd()}</pre>
      <AnswerList answers={answers.slice(0, SHOWN)} />
      {earlier.length > 0 && (
        <details onToggle={({ currentTarget }) => setUnfolded(currentTarget.open)}>
          <summary>{earlier.length} earlier</summary>
          {isUnfolded && <AnswerList answers={earlier} />}
        </details>
      )}
    </div>
  );
}

function AnswerList({ answers }: { answers: readonly SampleResult[] }) {
  return (
    <ol className={styles.answers}>
      {answers.map((sample) => (
        <li key={sample.step}>
          <span className={styles.step}>step {formatExact(sample.step)}</span>
          <code>{sample.text}</code>
        </li>
      ))}
    </ol>
  );
}
