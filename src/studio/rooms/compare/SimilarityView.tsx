// Which directions two adapters share, in one matrix.
import { useEffect, useMemo } from 'react';
import { PictureFrame } from '../../charts/pictures/PictureFrame.tsx';
import { ErrorNote } from '../../panels/ErrorNote.tsx';
import { Select } from '../../panels/Select.tsx';
import { setChoice, useChoices } from './choices.ts';
import { chosenPair } from './chosenPair.ts';
import styles from './compare.module.css';
import { atPlace, type ComparedRun, type MatrixPlace } from './compared.ts';
import { SIDES, type Side, similarityPicture } from './pictures/similarityPicture.tsx';
import { loadSimilarity, similarityKey, useSimilarityStore } from './similarityStore.ts';

const SIDE_OPTIONS: { value: Side; label: string }[] = [
  { value: 'a', label: SIDES.a },
  { value: 'right', label: SIDES.right },
  { value: 'left', label: SIDES.left },
];

/** Null where fewer than two runs adapt this matrix. */
export function SimilarityView({ compared, place }: { compared: readonly ComparedRun[]; place: MatrixPlace }) {
  const { pair: wanted, side } = useChoices();
  const candidates = useMemo(() => compared.filter(({ spectra }) => atPlace(spectra, place)), [compared, place]);
  const pair = useMemo(() => chosenPair(candidates, wanted), [candidates, wanted]);
  const choice = useMemo(() => pair && { runs: pair, place, side }, [pair, place, side]);
  useEffect(() => {
    if (choice) void loadSimilarity(choice);
  }, [choice]);
  const status = useSimilarityStore((state) => (choice ? state[similarityKey(choice)] : undefined));
  const picture = useMemo(
    () => (choice && status?.kind === 'ready' ? similarityPicture(choice, status.found) : null),
    [choice, status],
  );
  if (!pair) return null;
  const options = candidates.map(({ run, mark }) => ({ value: run.id, label: `${mark.label}, ${run.name}` }));
  return (
    <section className={styles.part} aria-label="Subspace similarity">
      <div className={styles.controls}>
        <Select
          label="First adapter"
          value={pair[0].run.id}
          options={options}
          onChange={(id) => setChoice({ pair: [id, pair[1].run.id] })}
        />
        <Select
          label="Second adapter"
          value={pair[1].run.id}
          options={options}
          onChange={(id) => setChoice({ pair: [pair[0].run.id, id] })}
        />
        <Select
          label="Directions"
          value={side}
          options={SIDE_OPTIONS}
          onChange={(value) => setChoice({ side: value })}
        />
      </div>
      {status?.kind === 'failed' && <ErrorNote message={status.message} />}
      {picture && <PictureFrame picture={picture} />}
    </section>
  );
}
