// How long rows may be: what the person says, and no longer than the model's positions.
import type { Architecture } from '../model/architecture.ts';

const DEFAULT_MAX_LENGTH = 512;

/** The most tokens of a row; what passes it is cut. */
export function maxLengthFor({ maxPositions }: Architecture, wanted: number | undefined): number {
  return Math.min(wanted ?? DEFAULT_MAX_LENGTH, maxPositions);
}
