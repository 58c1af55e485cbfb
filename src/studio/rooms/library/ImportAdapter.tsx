// Import: drop a PEFT folder, its zip or a GGUF adapter here, or pick one.
import '@mantine/dropzone/styles.css';
import { Button } from '@mantine/core';
import { Dropzone } from '@mantine/dropzone';
import { useRef } from 'react';
import { ErrorNote } from '../../panels/ErrorNote.tsx';
import { Panel } from '../../panels/Panel.tsx';
import { useDeviceStore } from '../../stores/deviceStore.ts';
import { useModelStore } from '../../stores/modelStore.ts';
import { ImportFromHub } from './hub/ImportFromHub.tsx';
import { importAdapter, useImportStore } from './importStore.ts';
import styles from './library.module.css';

export function ImportAdapter() {
  const state = useImportStore((store) => store.state);
  const zipInput = useRef<HTMLInputElement>(null);
  const folderInput = useRef<HTMLInputElement>(null);
  const isMissing = useDeviceStore(({ device }) => device.kind === 'missing');
  const model = useModelStore(({ status }) => (status.kind === 'ready' ? status.description.name : null));
  const isOff = state.kind === 'running' || isMissing;
  return (
    <Panel title="Import an adapter" note="PEFT folder, zip, GGUF or Hub id">
      <Dropzone
        className={styles.drop}
        classNames={{ inner: styles.dropInner }}
        onDrop={(files) => void importAdapter(files)}
        activateOnClick={false}
        activateOnKeyboard={false}
        disabled={isOff}
        useFsAccessApi={false}
        inputProps={{ 'aria-label': 'Drop a PEFT folder or zip' }}
        tabIndex={-1}
      >
        <p>
          {isMissing
            ? 'Importing needs WebGPU: an adapter is read against its base model.'
            : `Drop a PEFT LoRA folder, its zip, or a GGUF LoRA adapter here. It is read against the model that is loaded${model === null ? '' : `: ${model}`}.`}
        </p>
        <div className={styles.buttons}>
          <Button variant="default" size="compact-md" disabled={isOff} onClick={() => zipInput.current?.click()}>
            Pick a zip, GGUF or files…
          </Button>
          <Button variant="default" size="compact-md" disabled={isOff} onClick={() => folderInput.current?.click()}>
            Pick a folder…
          </Button>
        </div>
      </Dropzone>
      <input
        ref={zipInput}
        type="file"
        hidden
        multiple
        accept=".zip,.json,.safetensors,.gguf"
        aria-label="Adapter files"
        onChange={({ currentTarget }) => take(currentTarget)}
      />
      <input
        ref={(input) => {
          folderInput.current = input;
          // React has no name for this attribute.
          input?.setAttribute('webkitdirectory', '');
        }}
        type="file"
        hidden
        aria-label="Adapter folder"
        onChange={({ currentTarget }) => take(currentTarget)}
      />
      {state.kind === 'running' && <p role="status">Reading the adapter…</p>}
      {state.kind === 'failed' && <ErrorNote message={state.message} />}
      <ImportFromHub isOff={isOff} />
    </Panel>
  );
}

function take(input: HTMLInputElement) {
  void importAdapter([...(input.files ?? [])]);
  // The same file again is a new choice.
  input.value = '';
}
