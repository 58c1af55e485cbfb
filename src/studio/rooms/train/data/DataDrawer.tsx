// A file of one's own, and everything about the rows: columns, prompt, held-out share, tokens, lengths, rows left out.
import { ErrorNote } from '../../../panels/ErrorNote.tsx';
import { ProgressBar } from '../../../panels/ProgressBar.tsx';
import { SideDrawer } from '../../../panels/SideDrawer.tsx';
import { cancelData, knownRows, useDataStore } from '../../../stores/dataStore.ts';
import { ColumnForm } from './ColumnForm.tsx';
import { DataCounts } from './DataCounts.tsx';
import { DataFiles } from './DataFiles.tsx';
import styles from './data.module.css';
import { LengthHistogram } from './LengthHistogram.tsx';
import { ProblemList } from './ProblemList.tsx';
import { PromptForm } from './PromptForm.tsx';
import { RowBrowser } from './RowBrowser.tsx';

export function DataDrawer({ onClose }: { onClose: () => void }) {
  const status = useDataStore((state) => state.status);
  const description = knownRows(status);
  const isUsable = status.kind !== 'failed' && description?.refusal === null;
  return (
    <SideDrawer title="Data" width={760} onClose={onClose}>
      <div className={styles.drawer}>
        <DataFiles status={status} />
        {status.kind === 'failed' && <ErrorNote message={status.message} />}
        {status.kind === 'reading' && (
          <ProgressBar
            label="Reading and encoding the rows"
            share={status.totalRows > 0 ? status.doneRows / status.totalRows : null}
            onCancel={() => void cancelData()}
          />
        )}
        {description && (
          <>
            <section>
              <h3>
                {description.name} <span className={styles.dim}>read as {description.layout}</span>
              </h3>
              {isUsable && <DataCounts description={description} />}
            </section>
            <ColumnForm description={description} />
            <PromptForm key={promptKey(description.prompt)} description={description} />
            {(isUsable || description.refusal !== null) && <ProblemList description={description} />}
            {isUsable && (
              <>
                <LengthHistogram histogram={description.histogram} />
                <RowBrowser rows={description.trainRows} />
              </>
            )}
          </>
        )}
      </div>
    </SideDrawer>
  );
}

/** A new prompt from the worker starts the form afresh. */
function promptKey(prompt: { kind: 'template'; template: string } | { kind: 'chat' }): string {
  return prompt.kind === 'chat' ? 'chat' : `template ${prompt.template}`;
}
