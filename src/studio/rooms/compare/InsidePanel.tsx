// Inside the adapters: where the model changed, how much of the rank is used, which directions two adapters share, and what
// they do to the frozen weights. Measured on demand.
import { Button } from '@mantine/core';
import { useEffect, useMemo } from 'react';
import { PictureFrame } from '../../charts/pictures/PictureFrame.tsx';
import { ErrorNote } from '../../panels/ErrorNote.tsx';
import { Panel } from '../../panels/Panel.tsx';
import { ProgressBar } from '../../panels/ProgressBar.tsx';
import { RadioChips } from '../../panels/RadioChips.tsx';
import { cancelMeasuring, loadKeptAnalysis, measureRuns, useAnalysisStore } from './analysisStore.ts';
import { setChoice, useChoices } from './choices.ts';
import { chosenPlace } from './chosenPlace.ts';
import styles from './compare.module.css';
import type { ComparedRun } from './compared.ts';
import { FrozenComparison } from './FrozenComparison.tsx';
import { MatrixPicker } from './MatrixPicker.tsx';
import { CHANGES, type ChangeMeasure, changePicture } from './pictures/changePicture.tsx';
import { spectrumPicture } from './pictures/spectrumPicture.tsx';
import { SimilarityView } from './SimilarityView.tsx';

const MEASURES: readonly ChangeMeasure[] = ['norm', 'amplification', 'effectiveRank'];

export function InsidePanel({ compared }: { compared: readonly ComparedRun[] }) {
  const measuring = useAnalysisStore((state) => state.measuring);
  const { place: wanted, change } = useChoices();
  // What still trains would be measured anew at every save.
  const trained = useMemo(
    () => compared.filter(({ run }) => run.hasAdapter && run.status !== 'running' && run.status !== 'preparing'),
    [compared],
  );
  const runs = useMemo(() => trained.map(({ run }) => run), [trained]);
  useEffect(() => {
    for (const run of runs) void loadKeptAnalysis(run);
  }, [runs]);
  const missing = trained.filter(({ spectra, amplifications }) => !spectra || !amplifications);
  const place = chosenPlace(compared, wanted);
  const picture = useMemo(() => changePicture(compared, change), [compared, change]);
  const spectrum = useMemo(() => place && spectrumPicture(compared, place), [compared, place]);
  if (trained.length === 0) return null;
  return (
    <Panel
      title="Inside the adapters"
      note="ΔW = scaling·B·A, measured from its factors and the frozen weights"
      actions={
        missing.length > 0 &&
        measuring.kind !== 'running' && (
          <Button size="xs" onClick={() => void measureRuns(runs)}>
            {missing.length === trained.length ? 'Measure the adapters' : `Measure ${missing.length} more`}
          </Button>
        )
      }
    >
      {measuring.kind === 'running' && (
        <ProgressBar
          label={measuring.what}
          share={measuring.total > 0 ? measuring.done / measuring.total : null}
          detail={measuring.total > 0 ? `${measuring.done} of ${measuring.total} matrices` : ''}
          onCancel={() => void cancelMeasuring()}
        />
      )}
      {measuring.kind === 'failed' && <ErrorNote message={measuring.message} />}
      {!place && measuring.kind !== 'running' && (
        <p className={styles.small}>
          Where the model changed, how much of the rank is used, and what the adapter does to the weights it sits on:
          seconds for a small model, minutes for a large one. Results are kept.
        </p>
      )}
      {place && (
        <>
          <section className={styles.part} aria-label="Where it changed">
            <RadioChips
              legend="Where it changed"
              value={change}
              options={MEASURES.map((value) => ({ value, label: CHANGES[value].title }))}
              onChange={(value) => setChoice({ change: value })}
            />
            {picture ? <PictureFrame picture={picture} /> : <p className={styles.small}>Not measured yet.</p>}
          </section>
          <section className={styles.part} aria-label="One matrix">
            <MatrixPicker compared={compared} place={place} />
            {spectrum && <PictureFrame picture={spectrum} />}
            <FrozenComparison compared={compared} place={place} />
          </section>
          <SimilarityView compared={trained} place={place} />
        </>
      )}
    </Panel>
  );
}
