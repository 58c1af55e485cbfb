import { describe, expect, it } from 'vitest';
import { type ColourScheme, rankColour, rankDash } from './rankColour.ts';

const RANKS = [1, 2, 4, 8, 16, 32, 64, 128, 256];
/** `--page` and `--surface` of tokens.css, whichever is nearer in lightness. */
const SURFACES: Record<ColourScheme, string> = { light: '#f4f5f6', dark: '#1a1d20' };
/** WCAG 2.2, 1.4.11: graphics against what is around them. */
const GRAPHICS_CONTRAST = 3;

function luminance(hex: string): number {
  const [red, green, blue] = [1, 3, 5].map((at) => {
    const channel = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red! + 0.7152 * green! + 0.0722 * blue!;
}

function contrast(a: string, b: string): number {
  const [dark, light] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (light! + 0.05) / (dark! + 0.05);
}

describe.each(['light', 'dark'] as const)('rank colours, %s', (scheme) => {
  it.each(RANKS)('rank %d stands out from its surface', (rank) => {
    expect(contrast(rankColour(rank, scheme), SURFACES[scheme])).toBeGreaterThanOrEqual(GRAPHICS_CONTRAST);
  });

  it('grow deeper with rank', () => {
    const luminances = RANKS.map((rank) => luminance(rankColour(rank, scheme)));
    expect(luminances).toEqual([...luminances].sort((a, b) => b - a));
    expect(new Set(RANKS.map((rank) => rankColour(rank, scheme))).size).toBe(RANKS.length);
  });
});

describe('rankDash', () => {
  it('differs between neighbouring ranks, and is full for the default', () => {
    RANKS.slice(1).forEach((rank, index) => {
      expect(rankDash(rank)).not.toEqual(rankDash(RANKS[index]!));
    });
    expect(rankDash(8)).toEqual([]);
  });
});
