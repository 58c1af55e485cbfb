// What the runs answered to the same prompts at the end of their training, with what differs from the first one marked.
import { Panel } from '../../panels/Panel.tsx';
import { RankMark } from '../../runs/RankMark.tsx';
import { DiffText } from '../playground/DiffText.tsx';
import styles from './compare.module.css';
import type { ComparedRun } from './compared.ts';
import { outputsOf } from './outputs.ts';

/** Null where no two runs answered one prompt. */
export function OutputsPanel({ compared }: { compared: readonly ComparedRun[] }) {
  const outputs = outputsOf(compared.map(({ run }) => run));
  if (outputs.length === 0) return null;
  return (
    <Panel title="Outputs side by side" note="at each run’s last sample; marked: what differs from the first answer">
      {outputs.map(({ prompt, texts }) => {
        const reference = texts.find((text) => text !== null) ?? '';
        const isFirst = texts.findIndex((text) => text !== null);
        return (
          <section key={prompt} className={styles.output} aria-label={`Answers to ${prompt}`}>
            <p className={styles.prompt}>{prompt}</p>
            <ul className={styles.answers}>
              {compared.map(({ run, mark }, at) => {
                const text = texts[at] ?? null;
                return (
                  <li key={run.id}>
                    <RankMark rank={mark.rank} label={mark.label} dash={mark.dash} />
                    {text === null ? (
                      <p className={styles.small}>not asked</p>
                    ) : (
                      <DiffText reference={at === isFirst ? text : reference} text={text} />
                    )}
                  </li>
                );
              })}
            </ul>
          </section>
        );
      })}
    </Panel>
  );
}
