/**
 * The loss of a run by step, as an SVG file for its model card: drawn here, since what writes cards runs where there is no
 * page. Light ground and dark ink of its own, for cards are shown on either.
 */

export interface LossPoint {
  step: number;
  loss: number;
}

const WIDTH = 720;
const HEIGHT = 300;
const LEFT = 56;
const RIGHT = 28;
const TOP = 36;
const BOTTOM = 40;
const MOST_POINTS = 400;
const INK = '#1f2430';
const DIM = '#5b6472';
const LINE = '#dfe3e8';
const TRAINING = '#2f6fde';
const HELD_OUT = '#b4530a';

/** Undefined where there are not two finite losses to draw a line between. */
export function lossChart(training: readonly LossPoint[], heldOut: readonly LossPoint[] = []): string | undefined {
  const steps = averaged(training.filter(({ loss }) => Number.isFinite(loss)));
  const held = heldOut.filter(({ loss }) => Number.isFinite(loss));
  if (steps.length < 2) return undefined;
  const all = [...steps, ...held];
  const xTicks = ticks(0, Math.max(...all.map(({ step }) => step)), 6);
  const yTicks = ticks(Math.min(...all.map(({ loss }) => loss)), Math.max(...all.map(({ loss }) => loss)), 5);
  const x = scale(xTicks, LEFT, WIDTH - RIGHT);
  const y = scale(yTicks, HEIGHT - BOTTOM, TOP);
  const at = ({ step, loss }: LossPoint) => `${x(step).toFixed(1)},${y(loss).toFixed(1)}`;
  const text = (xAt: number, yAt: number, anchor: string, words: string, fill = DIM) =>
    `<text x="${xAt.toFixed(1)}" y="${yAt.toFixed(1)}" text-anchor="${anchor}" fill="${fill}">${words}</text>`;
  const path = (points: readonly LossPoint[], stroke: string, more: string) =>
    `<polyline points="${points.map(at).join(' ')}" fill="none" stroke="${stroke}" stroke-width="2" ${more}/>`;
  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" font-family="system-ui, sans-serif" font-size="13" role="img" aria-label="Loss over the steps of training">`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>`,
    ...yTicks.map(
      (tick) => `<path d="M${LEFT} ${y(tick).toFixed(1)}H${WIDTH - RIGHT}" stroke="${LINE}" stroke-width="1"/>`,
    ),
    ...yTicks.map((tick) => text(LEFT - 8, y(tick) + 4, 'end', label(tick, yTicks))),
    ...xTicks.map((tick) => text(x(tick), HEIGHT - BOTTOM + 18, 'middle', label(tick, xTicks))),
    text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 4, 'middle', 'step'),
    text(LEFT, 20, 'start', 'loss, nats per target token', INK),
    text(WIDTH - RIGHT - (held.length > 0 ? 76 : 0), 20, 'end', '━ training', TRAINING),
    ...(held.length > 0 ? [text(WIDTH - RIGHT, 20, 'end', '╍ held out', HELD_OUT)] : []),
    path(steps, TRAINING, 'stroke-linejoin="round"'),
    ...(held.length > 1 ? [path(held, HELD_OUT, 'stroke-dasharray="6 4"')] : []),
    ...held.map((point) => {
      const [cx, cy] = at(point).split(',');
      return `<circle cx="${cx}" cy="${cy}" r="3" fill="${HELD_OUT}"/>`;
    }),
    '</svg>',
  ];
  return `${parts.join('\n')}\n`;
}

/** Neighbours together, so that no more are drawn than can be seen. */
function averaged(points: readonly LossPoint[]): LossPoint[] {
  const group = Math.ceil(points.length / MOST_POINTS);
  const means: LossPoint[] = [];
  for (let from = 0; from < points.length; from += group) {
    const some = points.slice(from, from + group);
    const mean = (pick: (point: LossPoint) => number) => some.reduce((sum, p) => sum + pick(p), 0) / some.length;
    means.push({ step: mean(({ step }) => step), loss: mean(({ loss }) => loss) });
  }
  return means;
}

/** Round numbers that enclose both ends, about `count` of them. */
function ticks(low: number, high: number, count: number): number[] {
  const span = high - low || Math.abs(high) || 1;
  const rough = span / (count - 1);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((factor) => factor * power).find((s) => s >= rough) ?? rough;
  const first = Math.floor(low / step + 1e-9);
  const last = Math.max(first + 1, Math.ceil(high / step - 1e-9));
  return Array.from({ length: last - first + 1 }, (_, i) => (first + i) * step);
}

function scale(ends: readonly number[], from: number, to: number): (value: number) => number {
  const [low = 0, high = 1] = [ends[0], ends.at(-1)];
  return (value) => from + ((value - low) / (high - low)) * (to - from);
}

/** With as many decimals as tell neighbours apart. */
function label(tick: number, all: readonly number[]): string {
  const gap = Math.abs((all[1] ?? 1) - (all[0] ?? 0));
  const decimals = [0, 1, 2, 3, 4, 5].find((d) => Math.abs(gap * 10 ** d - Math.round(gap * 10 ** d)) < 1e-6) ?? 6;
  return tick.toLocaleString('en-US', { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
}
