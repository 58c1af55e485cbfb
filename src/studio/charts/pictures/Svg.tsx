// The frame of every picture's SVG, and marks that say their value: under the pointer on the page, as the browser's own
// tooltip in a file.
import { createContext, type ReactNode, useContext } from 'react';
import type { Palette } from './palette.ts';

/** Whether the picture is drawn for a file. */
export const IsFile = createContext(false);

export const FONT_FAMILY = 'Inter, ui-sans-serif, system-ui, -apple-system, "Segoe UI", Roboto, sans-serif';

interface Props {
  width: number;
  height: number;
  palette: Palette;
  /** Read out instead of the picture. */
  label: string;
  children: ReactNode;
}

export function Svg({ width, height, palette, label, children }: Props) {
  const isFile = useContext(IsFile);
  return (
    <svg
      xmlns="http://www.w3.org/2000/svg"
      width={width}
      height={height}
      viewBox={`0 0 ${width} ${height}`}
      role="img"
      aria-label={label}
      fontFamily={FONT_FAMILY}
      fontSize={13}
      fill={palette.dim}
      style={{ fontVariantNumeric: 'tabular-nums' }}
    >
      {isFile && <rect width={width} height={height} fill={palette.surface} />}
      {children}
    </svg>
  );
}

/** `tip` null: nothing to say. */
export function Mark({ tip, children }: { tip: string | null; children: ReactNode }) {
  const isFile = useContext(IsFile);
  if (tip === null) return children;
  return (
    <g data-tip={isFile ? undefined : tip}>
      {isFile && <title>{tip}</title>}
      {children}
    </g>
  );
}
