// How the frozen weights are kept on the GPU, and what that costs; where this adapter cannot take one, why.
import { Button } from '@mantine/core';
import { formatBytes } from '../../../format.ts';
import { ErrorNote } from '../../../panels/ErrorNote.tsx';
import { RadioChips } from '../../../panels/RadioChips.tsx';
import { changeWeightFormat, loadModel, type ModelStatus } from '../../../stores/modelStore.ts';
import styles from './model.module.css';

const DETAILS: Readonly<Record<string, string>> = {
  q8: '8-bit blocks',
  q4: '4-bit blocks',
  nf4: 'NormalFloat',
  file: 'each matrix as it is',
};

type Known = Extract<ModelStatus, { kind: 'described' | 'ready' }>;

export function WeightFormats({ status }: { status: Known }) {
  const { description } = status;
  const isLoaded = status.kind === 'ready';
  const chosen = status.weights;
  const refusals = description.weightBytes.filter((option) => option.refusal !== null);
  const { bytes: chosenBytes = 0, note } = description.weightBytes.find((option) => option.format === chosen) ?? {};
  if (refusals.length === description.weightBytes.length) {
    return <ErrorNote message={`This GPU cannot take this model. ${refusals[0]?.refusal ?? ''}`} />;
  }
  return (
    <>
      <RadioChips
        legend="Weights on the GPU"
        options={description.weightBytes.map((option) => ({
          value: option.format,
          label: `${option.format === 'file' ? 'as in the file' : option.format} · ${formatBytes(option.bytes)}`,
          detail: DETAILS[option.format],
          refusal: option.refusal,
        }))}
        value={chosen}
        onChange={(format) => void changeWeightFormat(format)}
      />
      {refusals.map((option) => (
        <p key={option.format} className={styles.refusal}>
          {option.format}: {option.refusal}
        </p>
      ))}
      {note && <p className={styles.refusal}>{note}</p>}
      {!isLoaded && (
        <Button onClick={() => void loadModel(status.source)}>Load model ({formatBytes(chosenBytes)})</Button>
      )}
    </>
  );
}
