// What is showing now, light or dark, for canvases that cannot read CSS variables by themselves. Paper is light.
import { useComputedColorScheme } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import type { ColourScheme } from './rankColour.ts';

export function useColourScheme(): ColourScheme {
  const shown = useComputedColorScheme('light', { getInitialValueInEffect: false });
  const isPaper = useMediaQuery('print', false, { getInitialValueInEffect: false });
  return isPaper ? 'light' : shown;
}
