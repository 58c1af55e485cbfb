// An exported folder, dropped or picked, or its zip.
import type { FileWithPath } from '@mantine/dropzone';
import type { FolderFile } from '../../../../runtime/protocol.ts';
import { DropArea } from '../../../panels/DropArea.tsx';
import { ErrorNote } from '../../../panels/ErrorNote.tsx';
import { Panel } from '../../../panels/Panel.tsx';
import { PickButton } from '../../../panels/PickButton.tsx';
import { routeTo } from '../../../routing.ts';
import playground from '../playground.module.css';
import styles from './exported.module.css';
import { openFolder, useExported } from './exportedStore.ts';

export function OpenFolder({ reason }: { reason: string | null }) {
  const state = useExported((store) => store.state);
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
      <DropArea
        label="Drop an exported folder or its zip"
        isOff={isReading}
        onDrop={(files) => void openFolder(files.map(dropped))}
      >
        <div className={styles.dropped}>
          <p>Drop a folder that was exported as ONNX here, or its zip</p>
          <p className={styles.hint}>
            config.json, tokenizer.json, onnx/model.onnx; adapters/*.safetensors where the adapters were left open
          </p>
          <div className={styles.buttons}>
            <PickButton disabled={isReading} kind="folder" label="Exported folder" onPick={take}>
              Pick a folder…
            </PickButton>
            <PickButton
              variant="default"
              disabled={isReading}
              kind="file"
              accept=".zip"
              label="Zip of an exported folder"
              onPick={take}
            >
              Pick a zip…
            </PickButton>
          </div>
        </div>
      </DropArea>
      {isReading && <p role="status">Reading the folder…</p>}
      {state.kind === 'failed' && <ErrorNote message={state.message} />}
      <p className={playground.dim}>
        Nothing is uploaded. onnxruntime comes from this page’s own server, 14 MB (27 MB with WebGPU), when a folder is
        opened.
      </p>
    </Panel>
  );
}

function take(files: File[]) {
  void openFolder(files.map((file) => ({ name: file.webkitRelativePath || file.name, blob: file })));
}

/** A dropped file carries its path in the folder that was dropped. */
function dropped(file: FileWithPath): FolderFile {
  return { name: file.path ?? file.name, blob: file };
}
