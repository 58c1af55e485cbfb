// Import: drop a PEFT folder, its zip or a GGUF adapter here, or pick one.
import { DropArea } from '../../panels/DropArea.tsx';
import { ErrorNote } from '../../panels/ErrorNote.tsx';
import { Panel } from '../../panels/Panel.tsx';
import { PickButton } from '../../panels/PickButton.tsx';
import { useDeviceStore } from '../../stores/deviceStore.ts';
import { useModelStore } from '../../stores/modelStore.ts';
import { ImportFromHub } from './hub/ImportFromHub.tsx';
import { importAdapter, useImportStore } from './importStore.ts';
import styles from './library.module.css';

export function ImportAdapter() {
  const state = useImportStore((store) => store.state);
  const isMissing = useDeviceStore(({ device }) => device.kind === 'missing');
  const model = useModelStore(({ status }) => (status.kind === 'ready' ? status.description.name : null));
  const isOff = state.kind === 'running' || isMissing;
  return (
    <Panel title="Import an adapter" note="PEFT folder, zip, GGUF or Hub id">
      <DropArea label="Drop a PEFT folder or zip" isOff={isOff} onDrop={(files) => void importAdapter(files)}>
        <p>
          {isMissing
            ? 'Importing needs WebGPU: an adapter is read against its base model.'
            : `Drop a PEFT LoRA folder, its zip, or a GGUF LoRA adapter here. It is read against the model that is loaded${model === null ? '' : `: ${model}`}.`}
        </p>
        <div className={styles.buttons}>
          <PickButton
            variant="default"
            size="compact-md"
            disabled={isOff}
            kind="files"
            accept=".zip,.json,.safetensors,.gguf"
            label="Adapter files"
            onPick={(files) => void importAdapter(files)}
          >
            Pick a zip, GGUF or files…
          </PickButton>
          <PickButton
            variant="default"
            size="compact-md"
            disabled={isOff}
            kind="folder"
            label="Adapter folder"
            onPick={(files) => void importAdapter(files)}
          >
            Pick a folder…
          </PickButton>
        </div>
      </DropArea>
      {state.kind === 'running' && <p role="status">Reading the adapter…</p>}
      {state.kind === 'failed' && <ErrorNote message={state.message} />}
      <ImportFromHub isOff={isOff} />
    </Panel>
  );
}
