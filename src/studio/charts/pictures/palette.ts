// Colours of a picture as plain values: what leaves the page as a file has no stylesheet. The same as theme/tokens.css.
import { oklchToHex } from '../../theme/oklch.ts';
import type { ColourScheme } from '../../theme/rankColour.ts';

export interface Palette {
  readonly scheme: ColourScheme;
  readonly surface: string;
  readonly text: string;
  readonly dim: string;
  readonly grid: string;
  readonly line: string;
  /** A share from 0 to 1 of a heat map's range. */
  readonly heat: (share: number) => string;
}

const HEAT = {
  light: { low: [0.965, 0.012, 240], high: [0.37, 0.15, 268] },
  dark: { low: [0.27, 0.02, 250], high: [0.9, 0.1, 200] },
} as const;

export function picturePalette(scheme: ColourScheme): Palette {
  const { low, high } = HEAT[scheme];
  const heat = (share: number) => {
    const at = Math.min(Math.max(share, 0), 1);
    const mix = (from: number, to: number) => from + (to - from) * at;
    return oklchToHex(mix(low[0], high[0]), mix(low[1], high[1]), mix(low[2], high[2]));
  };
  return scheme === 'light'
    ? { scheme, surface: '#ffffff', text: '#16191c', dim: '#59626a', grid: '#e7eaec', line: '#868e96', heat }
    : { scheme, surface: '#1a1d20', text: '#e8eaec', dim: '#9ba4ac', grid: '#262a2e', line: '#6b747c', heat };
}
