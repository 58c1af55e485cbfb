// What is asked of the exported model, and with which of its adapters.
import type { OpenedModel } from '../../../../runtime/protocol.ts';
import { Panel } from '../../../panels/Panel.tsx';
import { Select } from '../../../panels/Select.tsx';
import { AskForm } from '../AskForm.tsx';
import { ask, type Chosen, cancelAnswer, chooseAdapter, useExported } from './exportedStore.ts';

const BASE = '';

export function ExportedPrompt({ chosen, model }: { chosen: Chosen; model: OpenedModel }) {
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
      <AskForm
        hasChatTemplate={chosen.folder.hasChatTemplate}
        isAnswering={isAnswering}
        onAsk={() => void ask()}
        onCancel={() => void cancelAnswer()}
      />
    </Panel>
  );
}
