// A model folder, its files or a GGUF file, dropped or picked.
import { Button } from '@mantine/core';
import { Dropzone } from '@mantine/dropzone';
import { useRef } from 'react';
import type { ModelSource } from '../../../../worker/protocol.ts';
import drop from '../drop.module.css';
import styles from './model.module.css';

export function ModelFiles({ onChoose }: { onChoose: (source: ModelSource) => void }) {
  const folder = useRef<HTMLInputElement>(null);
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
        <Button variant="default" onClick={() => folder.current?.click()}>
          Pick a folder
        </Button>
        <input
          ref={(input) => {
            folder.current = input;
            input?.setAttribute('webkitdirectory', '');
          }}
          type="file"
          multiple
          hidden
          aria-label="Model folder"
          onChange={(event) => choose([...(event.currentTarget.files ?? [])])}
        />
      </div>
    </>
  );
}
