// How a row becomes a prompt: a template with {column} fields, or the model's own chat template.
import { Button } from '@mantine/core';
import { useState } from 'react';
import type { DataDescription } from '../../../../worker/protocol/data.ts';
import fieldStyles from '../../../panels/Field.module.css';
import { Field } from '../../../panels/Field.tsx';
import { RadioChips } from '../../../panels/RadioChips.tsx';
import { changeDataOptions } from '../../../stores/dataStore.ts';
import { useModelStore } from '../../../stores/modelStore.ts';
import styles from './data.module.css';

export function PromptForm({ description }: { description: DataDescription }) {
  const hasChatTemplate = useModelStore(({ status }) => status.kind === 'ready' && status.description.hasChatTemplate);
  const { prompt, mapping } = description;
  const initial = prompt.kind === 'template' ? prompt.template : standardTemplate(description);
  const [draft, setDraft] = useState(initial);
  if (mapping.kind === 'text') return null;
  const kinds = [
    {
      value: 'template' as const,
      label: 'Template',
      refusal: mapping.kind === 'chat' ? 'Chats use a chat template.' : null,
    },
    { value: 'chat' as const, label: 'Chat template', refusal: hasChatTemplate ? null : 'This model has none.' },
  ];
  return (
    <section>
      <h3>Prompt</h3>
      <RadioChips
        legend="Prompt made by"
        isLegendHidden
        options={kinds}
        value={prompt.kind}
        onChange={(kind) => void changeDataOptions({ prompt: kind === 'chat' ? { kind } : { kind, template: draft } })}
      />
      {prompt.kind === 'template' && (
        <>
          <Field label="Prompt template" help={`Fields: ${fieldsOf(description)}`}>
            {(ids) => (
              <textarea
                {...ids}
                className={fieldStyles.input}
                rows={3}
                spellCheck={false}
                value={draft}
                onChange={(event) => setDraft(event.currentTarget.value)}
              />
            )}
          </Field>
          <div className={styles.row}>
            <Button
              variant="default"
              disabled={draft === initial}
              onClick={() => void changeDataOptions({ prompt: { kind: 'template', template: draft } })}
            >
              Use this template
            </Button>
          </div>
        </>
      )}
    </section>
  );
}

function standardTemplate({ mapping }: DataDescription): string {
  const hasInput = mapping.kind === 'pairs' && mapping.input !== undefined;
  return hasInput ? '{context}\n{input}\n' : '{context}\n';
}

/** The mapped columns by their role, then every column by its name. */
function fieldsOf({ mapping, columns }: DataDescription): string {
  const roles = mapping.kind === 'pairs' && mapping.input !== undefined ? ['context', 'input'] : ['context'];
  return [...new Set([...roles, ...columns])].map((name) => `{${name}}`).join(' ');
}
