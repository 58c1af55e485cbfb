// What is showing now, light or dark, for canvases that cannot read CSS variables by themselves.
import { useComputedColorScheme } from '@mantine/core';
import type { ColourScheme } from './rankColour.ts';

export function useColourScheme(): ColourScheme {
  return useComputedColorScheme('light', { getInitialValueInEffect: false });
}
