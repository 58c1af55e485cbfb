// What the reader has chosen to see in Compare; the report shows the same.
import { create } from 'zustand';
import type { CurveAxis } from '../../runs/curves.ts';
import type { MatrixPlace } from './compared.ts';
import type { ChangeMeasure } from './pictures/changePicture.tsx';
import type { Against } from './pictures/qualityPicture.tsx';
import type { Side } from './pictures/similarityPicture.tsx';

export interface Choices {
  axis: CurveAxis;
  /** Key of a measure of quality; null for the first there is. */
  measure: string | null;
  against: Against;
  change: ChangeMeasure;
  /** Null for the first there is. */
  place: MatrixPlace | null;
  /** Run ids; null for the first two. */
  pair: readonly [string, string] | null;
  side: Side;
}

export const useChoices = create<Choices>()(() => ({
  axis: 'step',
  measure: null,
  against: 'rank',
  change: 'norm',
  place: null,
  pair: null,
  side: 'a',
}));

export function setChoice(changes: Partial<Choices>): void {
  useChoices.setState(changes);
}
