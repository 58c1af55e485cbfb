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
  /** Charts with the same key share cursor and zoom. */
  linkKey?: string | undefined;
  /** Colours read from the page. */
  colours: { text: string; grid: string; surface: string };
  onCursor: (index: number | null) => void;
  /** The reader has picked a stretch of x. */
  onZoom: () => void;
  /** Whether that stretch is on show: then nothing stretches it. */
  isZoomed: () => boolean;
}

/** Pixels of a bold letter beside a line's end. */
const END_LETTER_WIDTH = 8;

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
  const letters = Math.max(...look.series.map(({ endLabel = '' }) => endLabel.length), 0);
  // In a narrow chart long names would take the room of the lines; the legend has them.
  const longest = letters * END_LETTER_WIDTH > look.width / 6 ? 0 : letters;
  return {
    width: look.width,
    height: look.height,
    legend: { show: false },
    padding: [8, longest > 0 ? Math.max(56, 16 + longest * END_LETTER_WIDTH) : 16, 0, 0],
    cursor: {
      points: { size: 7 },
      drag: { x: true, y: false },
      y: false,
      ...(look.linkKey === undefined ? {} : { sync: { key: look.linkKey, setSeries: false, scales: ['x', null] } }),
    },
    scales: {
      x: { time: false, range: (_, low, high) => xRange(low, high, look.isZoomed() ? undefined : look.x.reach) },
      y: { distr: look.isLog ? 3 : 1, ...(look.isLog ? {} : { range: yRange }) },
    },
    axes: [
      {
        ...axis,
        size: isSmall ? 28 : 32,
        space: 72,
        ...(isSmall ? {} : { label: look.x.label, labelSize: 20, labelGap: 0 }),
        values: (chart, ticks) =>
          isEmpty(chart) && !look.x.reach ? [] : ticks.map((tick) => (look.x.tick ?? look.x.format)(tick)),
      },
      {
        ...axis,
        size: 60,
        space: isSmall ? 24 : 40,
        values: (chart, ticks, _axis, _space, step) =>
          ticks.map((tick) =>
            tick === null || isEmpty(chart)
              ? ''
              : look.y.tick
                ? look.y.tick(tick, look.isLog ? undefined : step)
                : look.y.format(tick),
          ),
      },
    ],
    series: [{ label: look.x.label }, ...look.series.map(seriesOptions)],
    hooks: {
      draw: [(chart) => (longest > 0 ? drawEndLabels(chart, look.series, FONT, colours) : undefined)],
      setCursor: [(chart) => look.onCursor(chart.cursor.idx ?? null)],
      setSelect: [(chart) => (chart.select.width > 0 ? look.onZoom() : undefined)],
    },
  };
}

/** From the data's ends, stretched to `reach`; uPlot gives null where there is no data. */
function xRange(low: number | null, high: number | null, reach: [number, number] | undefined): [number, number] {
  const [from, to] = reach ?? [low ?? 0, high ?? 1];
  const range: [number, number] = [Math.min(low ?? from, from), Math.max(high ?? to, to)];
  return range[0] === range[1] ? [range[0], range[0] + 1] : range;
}

/** A little air above and below; an empty plot still has its grid. */
function yRange(_: uPlot, low: number | null, high: number | null): [number, number] {
  if (low === null || high === null) return [0, 1];
  const air = high === low ? Math.abs(high) * 0.1 || 1 : (high - low) * 0.06;
  return [low >= 0 ? Math.max(low - air, 0) : low - air, high + air];
}

function isEmpty(chart: uPlot): boolean {
  return chart.data[0].length === 0;
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
