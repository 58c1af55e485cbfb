// A picture as data: what it says, how it is drawn at a width, and the table behind it.
import type { ReactElement } from 'react';
import type { CsvValue } from '../../runs/csv.ts';
import type { Palette } from './palette.ts';

export interface PictureTable {
  readonly header: readonly string[];
  /** Bare numbers; the page and the report shorten them, files do not. */
  readonly rows: readonly (readonly CsvValue[])[];
}

export interface Picture {
  /** Stem of its files' names. */
  readonly id: string;
  readonly title: string;
  /** What is drawn, with its unit and definition. */
  readonly note: string;
  /** An SVG of this width in pixels. */
  readonly draw: (width: number, palette: Palette) => ReactElement;
  readonly table: PictureTable;
}
