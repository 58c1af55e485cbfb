// Names each line where it ends, so that lines are told apart without colour or legend. Labels that would overlap are
// pushed apart; where there is no room for all, the legend has them.
import type uPlot from 'uplot';
import type { ChartSeries } from './chartTypes.ts';

interface Colours {
  text: string;
  surface: string;
}

interface Label {
  text: string;
  x: number;
  y: number;
}

export function drawEndLabels(chart: uPlot, series: readonly ChartSeries[], font: string, colours: Colours): void {
  const ratio = devicePixelRatio;
  const labels = series.flatMap((one, index) => endLabel(chart, one, index + 1));
  const context = chart.ctx;
  context.save();
  context.font = font.replace(/^(\d+)px/, (_, size: string) => `600 ${Number(size) * ratio}px`);
  context.textBaseline = 'middle';
  context.textAlign = 'left';
  context.lineWidth = 4 * ratio;
  context.strokeStyle = colours.surface;
  context.fillStyle = colours.text;
  const gap = 16 * ratio;
  const lowest = chart.bbox.top + chart.bbox.height;
  for (const label of labels.length * gap > chart.bbox.height ? [] : spread(labels, gap, lowest)) {
    context.strokeText(label.text, label.x + 8 * ratio, label.y);
    context.fillText(label.text, label.x + 8 * ratio, label.y);
  }
  context.restore();
}

function endLabel(chart: uPlot, series: ChartSeries, index: number): Label[] {
  if (series.endLabel === undefined) return [];
  const xs = chart.data[0];
  const ys = chart.data[index];
  // Of what is on show.
  let last = chart.series[0]?.idxs?.[1] ?? xs.length - 1;
  while (last >= 0 && (ys?.[last] ?? null) === null) last -= 1;
  const x = xs[last];
  const y = ys?.[last];
  if (x === undefined || y === undefined || y === null) return [];
  const right = chart.bbox.left + chart.bbox.width;
  const at = { x: Math.min(chart.valToPos(x, 'x', true), right), y: chart.valToPos(y, 'y', true) };
  return [{ text: series.endLabel, ...at }];
}

/** Moves labels down until each keeps `gap` from the one above it, then up again from the plot's end. */
function spread(labels: Label[], gap: number, end: number): Label[] {
  let lowest = Number.NEGATIVE_INFINITY;
  const down = [...labels]
    .sort((a, b) => a.y - b.y)
    .map((label) => {
      lowest = Math.max(label.y, lowest + gap);
      return { ...label, y: lowest };
    });
  let highest = Math.max(end, down[0]?.y ?? end);
  return down.toReversed().map((label) => {
    const y = Math.min(label.y, highest);
    highest = y - gap;
    return { ...label, y };
  });
}
