// One sequential scale for ranks: low rank light, high rank deep, the same rank the same colour in every chart, table and
// chip. Told apart without colour too: each rank has its dash pattern and its label at the line's end.
// Positions follow log2(rank), from 1 to 256. Interpolated in OKLCH (Ottosson 2020), so that steps look equal.

import { oklchToHex } from './oklch.ts';

export type ColourScheme = 'light' | 'dark';

/** Lightness, chroma and hue (degrees) of the scale's two ends, chosen to keep 3:1 against the page in both schemes. */
const ENDS = {
  light: { low: [0.63, 0.105, 205], high: [0.31, 0.15, 275] },
  dark: { low: [0.93, 0.06, 195], high: [0.6, 0.19, 275] },
} as const;

/** Lengths of line and gap in pixels; an empty list is a full line. Neighbouring powers of two differ; r = 8, the default, is full. */
const DASHES: readonly (readonly number[])[] = [[2, 3], [5, 3], [10, 3, 2, 3], [], [9, 4]];

/** `#rrggbb` for a rank from 1 to 256. */
export function rankColour(rank: number, scheme: ColourScheme): string {
  const position = Math.min(Math.max(Math.log2(rank) / 8, 0), 1);
  const { low, high } = ENDS[scheme];
  const mix = (from: number, to: number) => from + (to - from) * position;
  return oklchToHex(mix(low[0], high[0]), mix(low[1], high[1]), mix(low[2], high[2]));
}

/** Canvas and SVG dash pattern of a rank's line. */
export function rankDash(rank: number): number[] {
  return [...(DASHES[Math.round(Math.log2(Math.max(rank, 1))) % DASHES.length] ?? [])];
}

/** What stands at the end of a rank's line. */
export function rankLabel(rank: number): string {
  return `r ${rank}`;
}
