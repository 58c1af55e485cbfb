// How the frozen weights are kept on the GPU, and what that costs; where this adapter cannot take one, why.
import { Button } from '@mantine/core';
import { formatBytes } from '../../../format.ts';
import { ErrorNote } from '../../../panels/ErrorNote.tsx';
import { RadioChips } from '../../../panels/RadioChips.tsx';
import { changeWeightFormat, loadModel, type ModelStatus } from '../../../stores/modelStore.ts';
import styles from './model.module.css';

type Known = Extract<ModelStatus, { kind: 'described' | 'ready' }>;

export function WeightFormats({ status }: { status: Known }) {
  const { description } = status;
  const isLoaded = status.kind === 'ready';
  const chosen = status.weights;
  const refusals = description.weightBytes.filter((option) => option.refusal !== null);
  const chosenBytes = description.weightBytes.find((option) => option.format === chosen)?.bytes ?? 0;
  if (refusals.length === description.weightBytes.length) {
    return <ErrorNote message={`This GPU cannot take this model. ${refusals[0]?.refusal ?? ''}`} />;
  }
  return (
    <>
      <RadioChips
        legend="Weights on the GPU"
        options={description.weightBytes.map((option) => ({
          value: option.format,
          label: `${option.format} · ${formatBytes(option.bytes)}`,
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
      {!isLoaded && (
        <Button onClick={() => void loadModel(status.source)}>Load model ({formatBytes(chosenBytes)})</Button>
      )}
    </>
  );
}
