// The prompt as it is typed, and what asks it.
import { Button } from '@mantine/core';
import { Check } from '../../panels/Check.tsx';
import fieldStyles from '../../panels/Field.module.css';
import { Field } from '../../panels/Field.tsx';
import styles from './playground.module.css';
import { setPrompt, usePlayground } from './playgroundStore.ts';

interface Props {
  hasChatTemplate: boolean;
  isAnswering: boolean;
  onAsk: () => void;
  onCancel: () => void;
}

export function AskForm({ hasChatTemplate, isAnswering, onAsk, onCancel }: Props) {
  const prompt = usePlayground((state) => state.prompt);
  const useChatTemplate = usePlayground((state) => state.useChatTemplate);
  const canAsk = prompt !== '' && !isAnswering;
  return (
    <>
      <Field label="What the model continues" help="Ctrl or ⌘ + Enter asks.">
        {(ids) => (
          <textarea
            {...ids}
            className={fieldStyles.input}
            rows={4}
            spellCheck={false}
            value={prompt}
            onChange={({ currentTarget }) => setPrompt(currentTarget.value)}
            onKeyDown={(event) => {
              if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return;
              event.preventDefault();
              if (canAsk) onAsk();
            }}
          />
        )}
      </Field>
      <div className={styles.buttons}>
        <Button disabled={!canAsk} onClick={onAsk}>
          Answer
        </Button>
        {isAnswering && (
          <Button variant="default" onClick={onCancel}>
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
    </>
  );
}
