// What rank bought: quality against rank, parameters or file size, and in one sentence which rank is enough.
import { useMemo } from 'react';
import type { Evaluation } from '../../../worker/protocol/evaluation.ts';
import { PictureFrame } from '../../charts/pictures/PictureFrame.tsx';
import { Panel } from '../../panels/Panel.tsx';
import { RadioChips } from '../../panels/RadioChips.tsx';
import { Select } from '../../panels/Select.tsx';
import { routeTo } from '../../routing.ts';
import { setChoice, useChoices } from './choices.ts';
import styles from './compare.module.css';
import type { ComparedRun } from './compared.ts';
import { enoughRank } from './enoughRank.ts';
import { AGAINST, type Against, matrixSets, qualityPicture } from './pictures/qualityPicture.tsx';
import type { QualityMeasure } from './quality.ts';

const ALONG: readonly Against[] = ['rank', 'parameters', 'fileBytes', 'matrices'];

interface Props {
  compared: readonly ComparedRun[];
  measures: readonly QualityMeasure[];
  /** The one on show. */
  measure: QualityMeasure | undefined;
  evaluation: Evaluation | null;
}

/** Null where nothing was measured of any run. */
export function QualityPanel({ compared, measures, measure, evaluation }: Props) {
  const { against: wanted } = useChoices();
  const hasMatrices = matrixSets(compared.map(({ run }) => run)).length > 1;
  const along = hasMatrices ? ALONG : ALONG.filter((one) => one !== 'matrices');
  const against = along.includes(wanted) ? wanted : 'rank';
  const picture = useMemo(() => measure && qualityPicture(compared, measure, against), [compared, measure, against]);
  if (!measure || !picture) return null;
  const sentence = enoughRank(
    compared.map(({ run }) => run),
    measure,
    evaluation,
  );
  return (
    <Panel title="What rank bought">
      {sentence && <p className={styles.sentence}>{sentence}</p>}
      {!measures.some(({ score }) => score) && (
        <p className={styles.small}>
          Not evaluated yet: <a href={routeTo('playground')}>evaluate in the Playground</a> for exact match, BLEU,
          ROUGE-L and chrF with intervals, and every answer side by side here.
        </p>
      )}
      <div className={styles.controls}>
        {measures.length > 1 && (
          <Select
            label="Quality"
            value={measure.key}
            options={measures.map(({ key, label }) => ({ value: key, label }))}
            onChange={(value) => setChoice({ measure: value })}
          />
        )}
        <RadioChips
          legend="Against"
          value={against}
          options={along.map((value) => ({ value, label: AGAINST[value] }))}
          onChange={(value) => setChoice({ against: value })}
        />
      </div>
      <PictureFrame picture={picture} />
    </Panel>
  );
}
