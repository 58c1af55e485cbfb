// What the run answered to its fixed prompts as training went on.
import type { SampleResult } from '../../../worker/protocol.ts';
import { formatExact } from '../../format.ts';
import styles from './library.module.css';

export function SampleList({ samples }: { samples: SampleResult[] }) {
  const prompts = [...new Set(samples.map(({ prompt }) => prompt))];
  return (
    <section>
      <h3>Samples</h3>
      {prompts.map((prompt) => (
        <div key={prompt} className={styles.sample}>
          <pre>{prompt.trimEnd()}</pre>
          <ol>
            {samples
              .filter((sample) => sample.prompt === prompt)
              .map(({ step, text }) => (
                <li key={step}>
                  <span className={styles.dim}>Step {formatExact(step)}</span> <span>{text.trim() || '(nothing)'}</span>
                </li>
              ))}
          </ol>
        </div>
      ))}
    </section>
  );
}
