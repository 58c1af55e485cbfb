// The prompt: typed, taken from a task's samples, or a held-out example with its right answer.
import { Button } from '@mantine/core';
import { useState } from 'react';
import { Check } from '../../panels/Check.tsx';
import { ErrorNote } from '../../panels/ErrorNote.tsx';
import fieldStyles from '../../panels/Field.module.css';
import { Field } from '../../panels/Field.tsx';
import { Panel } from '../../panels/Panel.tsx';
import { Select } from '../../panels/Select.tsx';
import { useDataStore } from '../../stores/dataStore.ts';
import { messageOf } from '../../stores/messageOf.ts';
import { askAll, askRandomExample, cancelAnswers } from './answering.ts';
import styles from './playground.module.css';
import { chosenTask, setPrompt, usePlayground } from './playgroundStore.ts';
import { promptTitle } from './promptTitle.ts';

export function PromptPanel({ hasChatTemplate }: { hasChatTemplate: boolean }) {
  const prompt = usePlayground((state) => state.prompt);
  const taskId = usePlayground((state) => state.taskId);
  const useChatTemplate = usePlayground((state) => state.useChatTemplate);
  const isAnswering = usePlayground(({ columns }) => columns.some(({ state }) => state.kind === 'answering'));
  const tasks = useDataStore((state) => state.tasks);
  const [error, setError] = useState<string | null>(null);
  const task = chosenTask(tasks, taskId);

  const ask = () => {
    if (prompt !== '' && !isAnswering) void askAll();
  };
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
      <Field label="What the model continues" help="Ctrl + Enter asks.">
        {(ids) => (
          <textarea
            {...ids}
            className={fieldStyles.input}
            rows={4}
            spellCheck={false}
            value={prompt}
            onChange={({ currentTarget }) => setPrompt(currentTarget.value)}
            onKeyDown={(event) => {
              if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
                event.preventDefault();
                ask();
              }
            }}
          />
        )}
      </Field>
      <div className={styles.buttons}>
        <Button disabled={prompt === '' || isAnswering} onClick={ask}>
          Answer
        </Button>
        {isAnswering && (
          <Button variant="default" onClick={() => void cancelAnswers()}>
            Cancel
          </Button>
        )}
        {hasChatTemplate && (
          <Check
            label="Ask in the model's chat template"
            isChecked={useChatTemplate}
            onChange={(isOn) => usePlayground.setState({ useChatTemplate: isOn })}
          />
        )}
      </div>
    </Panel>
  );
}
