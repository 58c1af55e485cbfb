// A model folder, its files or a GGUF file, dropped or picked.
import { Dropzone } from '@mantine/dropzone';
import type { ModelSource } from '../../../../worker/protocol/model.ts';
import { PickButton } from '../../../panels/PickButton.tsx';
import drop from '../drop.module.css';
import styles from './model.module.css';

export function ModelFiles({ onChoose }: { onChoose: (source: ModelSource) => void }) {
  const choose = (files: File[]) => {
    if (files.length > 0) onChoose({ kind: 'files', files });
  };
  return (
    <>
      <Dropzone
        className={drop.zone}
        onDrop={choose}
        inputProps={{ 'aria-label': 'Model files' }}
        aria-label="Drop or pick model files"
      >
        <p>Drop a model folder or a GGUF file here, or press to pick files</p>
        <p className={drop.hint}>
          config.json, model.safetensors (whole, or shards with their index), tokenizer.json; tokenizer_config.json and
          generation_config.json where there are any; or one .gguf file (all its parts where it is split)
        </p>
      </Dropzone>
      <div className={styles.row}>
        <PickButton variant="default" kind="folder" label="Model folder" onPick={choose}>
          Pick a folder
        </PickButton>
      </div>
    </>
  );
}
