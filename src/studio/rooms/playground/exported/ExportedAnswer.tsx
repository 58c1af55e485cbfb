// What the exported model says, as it comes.
import { ErrorNote } from '../../../panels/ErrorNote.tsx';
import { Panel } from '../../../panels/Panel.tsx';
import { AnswerFacts } from '../AnswerFacts.tsx';
import styles from '../playground.module.css';
import { useExported } from './exportedStore.ts';

export function ExportedAnswer() {
  const answer = useExported((state) => state.answer);
  const speaker = answer.kind === 'answering' || answer.kind === 'answered' ? answer.speaker : undefined;
  return (
    <Panel title="Answer" note={speaker}>
      <div className={styles.said} aria-live="polite" aria-busy={answer.kind === 'answering'}>
        {answer.kind === 'none' && <p className={styles.dim}>Not asked yet.</p>}
        {answer.kind === 'answering' && <p className={styles.answer}>{answer.text || '…'}</p>}
        {answer.kind === 'answered' && (
          <>
            <p className={styles.answer}>
              {answer.answer.text.trim() || <span className={styles.dim}>(an empty answer)</span>}
            </p>
            <AnswerFacts answer={answer.answer} />
          </>
        )}
        {answer.kind === 'failed' && <ErrorNote message={answer.message} />}
      </div>
    </Panel>
  );
}
