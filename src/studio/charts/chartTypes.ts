// What a chart shows, apart from how it is drawn.
import type { AlignedCurves, XRange } from './mergeCurves.ts';

export interface ChartSeries {
  label: string;
  /** `#rrggbb`. */
  colour: string;
  /** Dash pattern in pixels; full line when absent. */
  dash?: number[];
  /** Line width in pixels; 0 draws points only. */
  width: number;
  /** 0 to 1; 1 when absent. */
  opacity?: number;
  /** Written where the line ends. */
  endLabel?: string;
  /** Diameter of each point in pixels; none when absent. */
  pointSize?: number;
  /** Left out of the legend: a part of another series, such as its raw values. */
  isUnlisted?: boolean;
}

export interface ChartAxis {
  label: string;
  format: (value: number) => string;
  /** On the axis itself, its ticks `step` apart; `format` when absent. */
  tick?: (value: number, step?: number) => string;
  /** Shown at least this far; while there is no data, all that is shown. */
  reach?: [number, number];
}

/** Where a chart pulls its curves from, at most once per frame and only when `version` or the shown stretch changed. */
export interface ChartSource {
  version: () => number;
  /** What is needed to draw `range`; null draws all. */
  read: (range: XRange | null) => AlignedCurves;
}
