// What the model answers to the same prompts as it learns.
import type { SampleResult } from '../../../../worker/protocol/runs.ts';
import { Panel } from '../../../panels/Panel.tsx';
import { PromptAnswers } from '../../../runs/PromptAnswers.tsx';
import styles from './go.module.css';

export function Samples({ samples }: { samples: readonly SampleResult[] }) {
  if (samples.length === 0) return null;
  return (
    <Panel title="Samples" note="the same prompts, answered as training goes on">
      <div className={styles.samples}>
        <PromptAnswers samples={samples} />
      </div>
    </Panel>
  );
}
