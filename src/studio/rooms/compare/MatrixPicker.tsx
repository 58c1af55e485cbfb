// Which matrix of the model the pictures below are of.
import { RadioChips } from '../../panels/RadioChips.tsx';
import { Select } from '../../panels/Select.tsx';
import { setChoice } from './choices.ts';
import styles from './compare.module.css';
import { adaptedPlaces, type ComparedRun, type MatrixPlace } from './compared.ts';

export function MatrixPicker({ compared, place }: { compared: readonly ComparedRun[]; place: MatrixPlace }) {
  const { layers, targets } = adaptedPlaces(compared);
  return (
    <div className={styles.controls}>
      <RadioChips
        legend="Matrix"
        value={place.target}
        options={targets.map((target) => ({ value: target, label: target }))}
        onChange={(target) => setChoice({ place: { ...place, target } })}
      />
      <Select
        label="Layer"
        value={String(place.layer)}
        options={layers.map((layer) => ({ value: String(layer), label: String(layer) }))}
        onChange={(layer) => setChoice({ place: { ...place, layer: Number(layer) } })}
      />
    </div>
  );
}
