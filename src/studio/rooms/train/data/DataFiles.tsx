// The training file, and what is held out for validation: a second file, or a share of the rows.
import { Button } from '@mantine/core';
import { Dropzone } from '@mantine/dropzone';
import { NumberField } from '../../../panels/NumberField.tsx';
import { PickButton } from '../../../panels/PickButton.tsx';
import { chooseFiles, chooseValidation, DATA_ENDINGS } from '../../../stores/chooseData.ts';
import { changeDataOptions, type DataStatus } from '../../../stores/dataStore.ts';
import drop from '../drop.module.css';
import styles from './data.module.css';

export function DataFiles({ status }: { status: DataStatus }) {
  const own = status.kind !== 'none' && status.source.kind === 'files' ? status.source : null;
  return (
    <section>
      <Dropzone
        className={drop.zone}
        onDrop={([train, validation]) => train && void chooseFiles(train, validation)}
        inputProps={{ 'aria-label': 'Data file' }}
        aria-label="Drop or pick a data file"
      >
        <p>Drop a file here, or press to pick one</p>
        <p className={drop.hint}>
          .txt, .csv, .tsv, .json, .jsonl or .parquet; pairs, instructions, chats or plain text. A second file is held
          out.
        </p>
      </Dropzone>
      {own && status.kind !== 'none' && (
        <div className={styles.heldOut}>
          {own.validation ? (
            <p>
              Held out: {own.validation.name}{' '}
              <Button size="compact-sm" variant="default" onClick={() => void chooseValidation(undefined)}>
                Remove
              </Button>
            </p>
          ) : (
            <>
              <NumberField
                label="Held out for validation"
                term="% of rows"
                value={Math.round(status.options.validationFraction * 100)}
                min={0}
                max={90}
                onChange={(percent) => void changeDataOptions({ validationFraction: percent / 100 })}
              />
              <PickButton
                variant="default"
                kind="file"
                accept={DATA_ENDINGS}
                label="Validation file"
                onPick={([file]) => void chooseValidation(file)}
              >
                Use a second file instead
              </PickButton>
            </>
          )}
        </div>
      )}
    </section>
  );
}
