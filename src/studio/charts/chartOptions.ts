// uPlot's options for the studio's charts: hairline grid, tabular figures, labels at the lines' ends.
import type uPlot from 'uplot';
import type { ChartAxis, ChartSeries } from './chartTypes.ts';
import { drawEndLabels } from './endLabels.ts';

export interface ChartLook {
  width: number;
  height: number;
  x: ChartAxis;
  y: ChartAxis;
  series: readonly ChartSeries[];
  isLog: boolean;
  /** Small charts have fewer ticks and no x label. */
  isSmall: boolean;
  /** Colours read from the page. */
  colours: { text: string; grid: string; surface: string };
  onCursor: (index: number | null) => void;
  onZoom: (isZoomed: boolean) => void;
}

const FONT = '13px Inter, ui-sans-serif, system-ui, sans-serif';

export function chartOptions(look: ChartLook): uPlot.Options {
  const { colours, isSmall } = look;
  const axis = {
    stroke: colours.text,
    font: FONT,
    labelFont: FONT,
    grid: { stroke: colours.grid, width: 1 },
    ticks: { stroke: colours.grid, width: 1, size: 4 },
  };
  const hasEndLabels = look.series.some((series) => series.endLabel !== undefined);
  return {
    width: look.width,
    height: look.height,
    legend: { show: false },
    padding: [8, hasEndLabels ? 72 : 16, 0, 0],
    cursor: { points: { size: 7 }, drag: { x: true, y: false }, y: false },
    scales: { x: { time: false }, y: { distr: look.isLog ? 3 : 1 } },
    axes: [
      {
        ...axis,
        size: isSmall ? 28 : 32,
        space: 72,
        ...(isSmall ? {} : { label: look.x.label, labelSize: 20, labelGap: 0 }),
        values: (_, ticks) => ticks.map(look.x.format),
      },
      {
        ...axis,
        size: 60,
        space: isSmall ? 32 : 40,
        values: (_, ticks) => ticks.map((tick) => (tick === null ? '' : look.y.format(tick))),
      },
    ],
    series: [{ label: look.x.label }, ...look.series.map(seriesOptions)],
    hooks: {
      draw: [(chart) => drawEndLabels(chart, look.series, FONT, colours.surface)],
      setCursor: [(chart) => look.onCursor(chart.cursor.idx ?? null)],
      setSelect: [(chart) => look.onZoom(chart.select.width > 0)],
    },
  };
}

function seriesOptions(series: ChartSeries): uPlot.Series {
  return {
    label: series.label,
    stroke: series.colour,
    width: series.width,
    alpha: series.opacity ?? 1,
    spanGaps: true,
    ...(series.dash ? { dash: series.dash } : {}),
    points: series.pointSize
      ? { show: true, size: series.pointSize, fill: series.colour, stroke: series.colour }
      : { show: false },
  };
}
