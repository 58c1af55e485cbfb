// Points and lines over two axes, each with its unit: linear or logarithmic, intervals as whiskers, names at the lines' ends.
import { useContext } from 'react';
import type { Palette } from './palette.ts';
import { IsFile, Mark, Svg } from './Svg.tsx';
import { type Scale, type ScaleKind, scaleOf } from './scales.ts';

export interface XyPoint {
  x: number;
  y: number;
  /** Ends of its interval. */
  low?: number;
  high?: number;
  /** Said under the pointer. */
  tip: string;
}

export interface XySeries {
  label: string;
  colour: string;
  dash?: readonly number[];
  /** Line width in pixels; 0 draws none. */
  width: number;
  opacity?: number;
  hasDots: boolean;
  /** Written beside the last point. */
  endLabel?: string;
  points: readonly XyPoint[];
}

export interface XyAxis {
  label: string;
  kind: ScaleKind;
  /** On ticks that are equally far apart `step` says how far. */
  format: (value: number, step?: number) => string;
  ticks?: readonly number[];
}

interface Props {
  width: number;
  height: number;
  palette: Palette;
  label: string;
  x: XyAxis;
  y: XyAxis;
  series: readonly XySeries[];
  /** A level to compare with, drawn across. */
  rule?: { y: number; label: string } | undefined;
}

/** Of a line's points those that say their value; all are in the table. */
const MOST_DOTS = 64;

const PAD = { top: 12, bottom: 44 };
/** Of a figure, at the text's size. */
const DIGIT_WIDTH = 7.5;

export function XyPlot({ width, height, palette, label, x, y, series, rule }: Props) {
  const points = series.flatMap((one) => one.points);
  const bottom = height - PAD.bottom;
  const isNarrow = width < 480;
  const heights = points.flatMap((p) => [p.y, p.low ?? p.y, p.high ?? p.y]);
  const ys = scaleOf(y.kind, rule ? [...heights, rule.y] : heights, [bottom, PAD.top], { about: 4, isPadded: true });
  const [first = 0, second = first] = ys.ticks;
  const yTexts = ys.ticks.map((tick) => (y.kind === 'linear' ? y.format(tick, second - first) : y.format(tick)));
  const left = 32 + DIGIT_WIDTH * Math.max(...yTexts.map(({ length }) => length), 3);
  const longest = Math.max(...series.map(({ endLabel = '' }) => endLabel.length), 3);
  const right = Math.max(width - 20 - DIGIT_WIDTH * longest, left + 40);
  const xs = scaleOf(
    x.kind,
    points.map((p) => p.x),
    [left + 14, right],
    { ...(x.ticks ? { ticks: x.ticks } : {}), about: isNarrow ? 3 : 7 },
  );
  const shown = spaced(x.ticks ?? xs.ticks, xs, isNarrow ? 40 : 52);
  return (
    <Svg width={width} height={height} palette={palette} label={label}>
      {ys.ticks.map((tick, at) => (
        <g key={tick}>
          <line stroke={palette.grid} x1={left} x2={right + 8} y1={ys.place(tick)} y2={ys.place(tick)} />
          <text x={left - 8} y={ys.place(tick) + 4} textAnchor="end">
            {yTexts[at]}
          </text>
        </g>
      ))}
      <line stroke={palette.line} x1={left} x2={right + 8} y1={bottom} y2={bottom} />
      {shown.map((tick) => (
        <g key={tick}>
          <line stroke={palette.line} x1={xs.place(tick)} x2={xs.place(tick)} y1={bottom} y2={bottom + 4} />
          <text x={xs.place(tick)} y={bottom + 18} textAnchor="middle">
            {x.format(tick)}
          </text>
        </g>
      ))}
      <text x={(left + right) / 2} y={height - 6} textAnchor="middle">
        {x.label}
      </text>
      <text transform={`translate(12 ${(PAD.top + bottom) / 2}) rotate(-90)`} textAnchor="middle">
        {y.label}
      </text>
      {rule && (
        <Mark tip={rule.label}>
          <line
            stroke={palette.line}
            strokeDasharray="2 4"
            x1={left}
            x2={right + 8}
            y1={ys.place(rule.y)}
            y2={ys.place(rule.y)}
          />
          <text x={left + 4} y={ys.place(rule.y) - 5}>
            {rule.label}
          </text>
        </Mark>
      )}
      {series.map((one) => (
        <SeriesMarks key={one.label} series={one} xs={xs} ys={ys} />
      ))}
      <EndLabels series={series} xs={xs} ys={ys} palette={palette} bottom={bottom} />
    </Svg>
  );
}

function SeriesMarks({ series, xs, ys }: { series: XySeries; xs: Scale; ys: Scale }) {
  const { colour, width, opacity = 1, dash, hasDots, points } = series;
  const isFile = useContext(IsFile);
  const place = (p: XyPoint) => `${round(xs.place(p.x))} ${round(ys.place(p.y))}`;
  return (
    <g stroke={colour} opacity={opacity} fill="none">
      {width > 0 && points.length > 1 && (
        <path
          strokeWidth={width}
          strokeDasharray={dash?.join(' ') || undefined}
          strokeLinejoin="round"
          d={`M${points.map(place).join('L')}`}
        />
      )}
      {hasDots &&
        points.slice(0, MOST_DOTS).map((p, at) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a point is its place.
          <Mark key={at} tip={p.tip}>
            {p.low !== undefined && p.high !== undefined && (
              <path
                strokeWidth={1.5}
                d={`M${round(xs.place(p.x))} ${round(ys.place(p.low))}V${round(ys.place(p.high))}m-4 0h8M${round(xs.place(p.x) - 4)} ${round(ys.place(p.low))}h8`}
              />
            )}
            <circle
              cx={round(xs.place(p.x))}
              cy={round(ys.place(p.y))}
              r={width > 0 ? 3.5 : 5}
              fill={colour}
              stroke="none"
            />
            {!isFile && (
              <circle cx={round(xs.place(p.x))} cy={round(ys.place(p.y))} r={12} fill="transparent" stroke="none" />
            )}
          </Mark>
        ))}
    </g>
  );
}

/** Pushed apart where they would overlap. */
function EndLabels({
  series,
  xs,
  ys,
  palette,
  bottom,
}: {
  series: readonly XySeries[];
  xs: Scale;
  ys: Scale;
  palette: Palette;
  bottom: number;
}) {
  const labels = series.flatMap(({ endLabel, points }) => {
    const last = points.at(-1);
    return endLabel && last ? [{ text: endLabel, x: xs.place(last.x) + 9, y: ys.place(last.y) + 4 }] : [];
  });
  let lowest = Number.NEGATIVE_INFINITY;
  const spread = labels
    .sort((a, b) => a.y - b.y)
    .map((label) => {
      const isBeside = labels.some((other) => other !== label && Math.abs(other.x - label.x) < 48);
      if (isBeside) lowest = Math.max(label.y, lowest + 15);
      return { ...label, y: Math.min(isBeside ? lowest : label.y, bottom - 2) };
    });
  return (
    <g fill={palette.text} fontWeight={600} stroke={palette.surface} strokeWidth={3} paintOrder="stroke">
      {spread.map(({ text, x, y }) => (
        <text key={text} x={round(x)} y={round(y)}>
          {text}
        </text>
      ))}
    </g>
  );
}

/** Ticks at least `gap` pixels apart. */
function spaced(ticks: readonly number[], scale: Scale, gap: number): number[] {
  let last = Number.NEGATIVE_INFINITY;
  return ticks.filter((tick) => {
    const at = scale.place(tick);
    if (at - last < gap) return false;
    last = at;
    return true;
  });
}

function round(pixels: number): number {
  return Math.round(pixels * 10) / 10;
}
