// What the model answers to the same prompts as it learns, newest first.
import type { SampleResult } from '../../../../worker/protocol.ts';
import { formatExact } from '../../../format.ts';
import { Panel } from '../../../panels/Panel.tsx';
import styles from './go.module.css';

export function Samples({ samples }: { samples: readonly SampleResult[] }) {
  if (samples.length === 0) return null;
  const prompts = [...new Set(samples.map((sample) => sample.prompt))];
  return (
    <Panel title="Samples" note="the same prompts, answered as training goes on">
      <div className={styles.samples}>
        {prompts.map((prompt) => (
          <div key={prompt}>
            <pre className={styles.prompt}>{prompt.trimEnd()}</pre>
            <ol className={styles.answers}>
              {samples
                .filter((sample) => sample.prompt === prompt)
                .sort((a, b) => b.step - a.step)
                .map((sample) => (
                  <li key={sample.step}>
                    <span className={styles.step}>step {formatExact(sample.step)}</span>
                    <code>{sample.text}</code>
                  </li>
                ))}
            </ol>
          </div>
        ))}
      </div>
    </Panel>
  );
}
