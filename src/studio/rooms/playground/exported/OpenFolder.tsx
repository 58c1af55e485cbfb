// An exported folder, dropped or picked, or its zip.
import '@mantine/dropzone/styles.css';
import { Button } from '@mantine/core';
import { Dropzone, type FileWithPath } from '@mantine/dropzone';
import { useRef } from 'react';
import type { FolderFile } from '../../../../runtime/protocol.ts';
import { ErrorNote } from '../../../panels/ErrorNote.tsx';
import { Panel } from '../../../panels/Panel.tsx';
import { routeTo } from '../../../routing.ts';
import playground from '../playground.module.css';
import styles from './exported.module.css';
import { openFolder, useExported } from './exportedStore.ts';

export function OpenFolder({ reason }: { reason: string | null }) {
  const state = useExported((store) => store.state);
  const folderInput = useRef<HTMLInputElement>(null);
  const zipInput = useRef<HTMLInputElement>(null);
  const isReading = state.kind === 'reading';
  return (
    <Panel title="Open an exported model" note="ONNX, as transformers.js lays it out">
      {reason !== null && (
        <p className={playground.dim}>
          {reason} Training and the Playground’s own engine need WebGPU; a model that was exported as ONNX answers
          without it, through WebAssembly. Your runs can still be looked at in the{' '}
          <a href={routeTo('library')}>Library</a>.
        </p>
      )}
      <Dropzone
        className={styles.drop}
        classNames={{ inner: styles.dropInner }}
        onDrop={(files) => void openFolder(files.map(dropped))}
        activateOnClick={false}
        activateOnKeyboard={false}
        disabled={isReading}
        useFsAccessApi={false}
        inputProps={{ 'aria-label': 'Drop an exported folder or its zip' }}
        tabIndex={-1}
      >
        <p>Drop a folder that was exported as ONNX here, or its zip</p>
        <p className={styles.hint}>
          config.json, tokenizer.json, onnx/model.onnx; adapters/*.safetensors where the adapters were left open
        </p>
        <div className={styles.buttons}>
          <Button disabled={isReading} onClick={() => folderInput.current?.click()}>
            Pick a folder…
          </Button>
          <Button variant="default" disabled={isReading} onClick={() => zipInput.current?.click()}>
            Pick a zip…
          </Button>
        </div>
      </Dropzone>
      <input
        ref={(input) => {
          folderInput.current = input;
          // React has no name for this attribute.
          input?.setAttribute('webkitdirectory', '');
        }}
        type="file"
        hidden
        aria-label="Exported folder"
        onChange={({ currentTarget }) => take(currentTarget)}
      />
      <input
        ref={zipInput}
        type="file"
        hidden
        accept=".zip"
        aria-label="Zip of an exported folder"
        onChange={({ currentTarget }) => take(currentTarget)}
      />
      {isReading && <p role="status">Reading the folder…</p>}
      {state.kind === 'failed' && <ErrorNote message={state.message} />}
      <p className={playground.dim}>
        Nothing is uploaded. onnxruntime comes from this page’s own server, 14 MB (27 MB with WebGPU), when a folder is
        opened.
      </p>
    </Panel>
  );
}

function take(input: HTMLInputElement) {
  void openFolder([...(input.files ?? [])].map((file) => ({ name: file.webkitRelativePath || file.name, blob: file })));
  // The same folder again is a new choice.
  input.value = '';
}

/** A dropped file carries its path in the folder that was dropped. */
function dropped(file: FileWithPath): FolderFile {
  return { name: file.path ?? file.name, blob: file };
}
