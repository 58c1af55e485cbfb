// What is asked of the exported model, and with which of its adapters.
import { Button } from '@mantine/core';
import type { OpenedModel } from '../../../../runtime/protocol.ts';
import { Check } from '../../../panels/Check.tsx';
import fieldStyles from '../../../panels/Field.module.css';
import { Field } from '../../../panels/Field.tsx';
import { Panel } from '../../../panels/Panel.tsx';
import { Select } from '../../../panels/Select.tsx';
import playground from '../playground.module.css';
import { setPrompt, usePlayground } from '../playgroundStore.ts';
import { ask, type Chosen, cancelAnswer, chooseAdapter, useExported } from './exportedStore.ts';

const BASE = '';

export function ExportedPrompt({ chosen, model }: { chosen: Chosen; model: OpenedModel }) {
  const prompt = usePlayground((state) => state.prompt);
  const useChatTemplate = usePlayground((state) => state.useChatTemplate);
  const adapter = useExported((state) => state.adapter);
  const isAnswering = useExported(({ answer }) => answer.kind === 'answering');
  return (
    <Panel title="Prompt">
      {model.adapters.length > 0 && (
        <Select
          label="Adapter"
          value={adapter ?? BASE}
          options={[
            { value: BASE, label: 'Base, no adapter' },
            ...model.adapters.map(({ file, name, rank }) => ({ value: file, label: `${name}, r = ${rank}` })),
          ]}
          onChange={(file) => chooseAdapter(file === BASE ? null : file)}
        />
      )}
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
              if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return;
              event.preventDefault();
              if (!isAnswering) void ask();
            }}
          />
        )}
      </Field>
      <div className={playground.buttons}>
        <Button disabled={prompt === '' || isAnswering} onClick={() => void ask()}>
          Answer
        </Button>
        {isAnswering && (
          <Button variant="default" onClick={() => void cancelAnswer()}>
            Cancel
          </Button>
        )}
        {chosen.folder.hasChatTemplate && (
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
