// The prompt: typed, taken from a task's samples, or a held-out example with its right answer.
import { Button } from '@mantine/core';
import { useState } from 'react';
import { ErrorNote } from '../../panels/ErrorNote.tsx';
import { Panel } from '../../panels/Panel.tsx';
import { Select } from '../../panels/Select.tsx';
import { useDataStore } from '../../stores/dataStore.ts';
import { messageOf } from '../../stores/messageOf.ts';
import { AskForm } from './AskForm.tsx';
import { askAll, askRandomExample, cancelAnswers } from './answering.ts';
import styles from './playground.module.css';
import { chosenTask, setPrompt, usePlayground } from './playgroundStore.ts';
import { promptTitle } from './promptTitle.ts';

export function PromptPanel({ hasChatTemplate }: { hasChatTemplate: boolean }) {
  const taskId = usePlayground((state) => state.taskId);
  const isAnswering = usePlayground(({ columns }) => columns.some(({ state }) => state.kind === 'answering'));
  const tasks = useDataStore((state) => state.tasks);
  const [error, setError] = useState<string | null>(null);
  const task = chosenTask(tasks, taskId);

  const tryExample = (id: string) => {
    setError(null);
    askRandomExample(id).catch((failure) => setError(messageOf(failure)));
  };

  return (
    <Panel title="Prompt">
      {task !== undefined && (
        <div className={styles.examples}>
          <Select
            label="Task"
            value={task.id}
            options={tasks.map(({ id, title }) => ({ value: id, label: title }))}
            onChange={(id) => usePlayground.setState({ taskId: id })}
          />
          <Button size="xs" variant="default" disabled={isAnswering} onClick={() => tryExample(task.id)}>
            Try a random held-out example
          </Button>
          <ul className={styles.samples} aria-label="Sample prompts">
            {task.samplePrompts.map((sample) => (
              <li key={sample}>
                <button type="button" className={styles.sample} onClick={() => setPrompt(sample)}>
                  {promptTitle(sample)}
                </button>
              </li>
            ))}
          </ul>
        </div>
      )}
      {error !== null && <ErrorNote message={error} />}
      <AskForm
        hasChatTemplate={hasChatTemplate}
        isAnswering={isAnswering}
        onAsk={() => void askAll()}
        onCancel={() => void cancelAnswers()}
      />
    </Panel>
  );
}
