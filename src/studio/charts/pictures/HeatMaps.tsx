// Heat maps side by side on one scale, with its bar: one panel for each run, or a measurement beside a random one.
import { useContext } from 'react';
import type { Palette } from './palette.ts';
import { IsFile, Mark, Svg } from './Svg.tsx';

export interface HeatPanel {
  title: string;
  /** From top to bottom, and from left to right. */
  rows: readonly string[];
  cols: readonly string[];
  /** Null: there is nothing. */
  value: (row: number, col: number) => number | null;
  tip: (row: number, col: number) => string;
}

interface Props {
  width: number;
  palette: Palette;
  label: string;
  panels: readonly HeatPanel[];
  rowLabel: string;
  colLabel: string;
  /** Beside the bar: what the colours measure. */
  measure: string;
  range: readonly [number, number];
  /** Equal factors take equal steps. */
  isLog?: boolean;
  format: (value: number) => string;
}

/** Cells of a file that say their value: more of them, and the file would be one of megabytes. */
const MOST_TIPS = 600;

const GAP = 28;
const LEFT = 52;
const TOP = 28;
const AXIS = 40;
const BAR_HEIGHT = 44;

export function HeatMaps({
  width,
  palette,
  label,
  panels,
  rowLabel,
  colLabel,
  measure,
  range,
  isLog = false,
  format,
}: Props) {
  const rows = Math.max(...panels.map((panel) => panel.rows.length), 1);
  const cols = Math.max(...panels.map((panel) => panel.cols.length), 1);
  const perRow = Math.max(
    1,
    Math.min(panels.length, Math.floor((width + GAP) / (LEFT + Math.max(cols * 14, 132) + GAP))),
  );
  const panelWidth = Math.min((width - GAP * (perRow - 1)) / perRow, LEFT + Math.max(cols * 40, 200));
  const cell = { width: (panelWidth - LEFT) / cols, height: Math.min(Math.max(220 / rows, 4), 22) };
  const panelHeight = TOP + cell.height * rows + AXIS;
  const height = panelHeight * Math.ceil(panels.length / perRow) + BAR_HEIGHT;
  const share = shareOf(range, isLog);
  const isPlain = useContext(IsFile) && rows * cols * panels.length > MOST_TIPS;
  return (
    <Svg width={width} height={height} palette={palette} label={label}>
      {panels.map((panel, at) => {
        const x = (at % perRow) * (panelWidth + GAP);
        const y = Math.floor(at / perRow) * panelHeight;
        return (
          <g key={panel.title} transform={`translate(${round(x)} ${round(y)})`}>
            <Cells
              isPlain={isPlain}
              panel={panel}
              palette={palette}
              cell={cell}
              share={share}
              labels={{ rowLabel, colLabel }}
            />
          </g>
        );
      })}
      <ScaleBar
        y={height - BAR_HEIGHT + 8}
        width={Math.min(width - LEFT - 150, 240)}
        {...{ palette, measure, range, isLog, format }}
      />
    </Svg>
  );
}

interface CellsProps {
  isPlain: boolean;
  panel: HeatPanel;
  palette: Palette;
  cell: { width: number; height: number };
  share: (value: number) => number;
  labels: { rowLabel: string; colLabel: string };
}

function Cells({ isPlain, panel, palette, cell, share, labels }: CellsProps) {
  const { rows, cols, value, tip, title } = panel;
  const bottom = TOP + rows.length * cell.height;
  const rowStep = Math.max(1, Math.ceil(16 / cell.height));
  const colStep = Math.max(1, Math.ceil((Math.max(...cols.map((name) => name.length)) * 8 + 8) / cell.width));
  const gap = cell.width > 12 && cell.height > 8 ? 1 : 0;
  return (
    <>
      <text x={LEFT} y={16} fill={palette.text} fontWeight={600}>
        {title}
      </text>
      {rows.map((row, i) => (
        <g key={row}>
          {i % rowStep === 0 && (
            <text x={LEFT - 6} y={round(TOP + (i + 0.5) * cell.height + 4)} textAnchor="end">
              {row}
            </text>
          )}
          {!isPlain &&
            cols.map((col, j) => {
              const known = value(i, j);
              return (
                <Mark key={col} tip={tip(i, j)}>
                  <rect
                    x={round(LEFT + j * cell.width)}
                    y={round(TOP + i * cell.height)}
                    width={round(cell.width - gap)}
                    height={round(cell.height - gap)}
                    fill={known === null ? 'none' : palette.heat(share(known))}
                    stroke={known === null ? palette.grid : 'none'}
                    pointerEvents="all"
                    shapeRendering="crispEdges"
                  />
                </Mark>
              );
            })}
        </g>
      ))}
      {isPlain && <PlainCells panel={panel} palette={palette} cell={cell} share={share} />}
      {cols.map((col, j) =>
        j % colStep === 0 ? (
          <text key={col} x={round(LEFT + (j + 0.5) * cell.width)} y={bottom + 16} textAnchor="middle">
            {col}
          </text>
        ) : null,
      )}
      <text x={round(LEFT + (cols.length * cell.width) / 2)} y={bottom + 32} textAnchor="middle">
        {labels.colLabel}
      </text>
      <text transform={`translate(12 ${round((TOP + bottom) / 2)}) rotate(-90)`} textAnchor="middle">
        {labels.rowLabel}
      </text>
    </>
  );
}

/** All cells of one colour as one path. */
function PlainCells({ panel, palette, cell, share }: Omit<CellsProps, 'isPlain' | 'labels'>) {
  const paths = new Map<string, string>();
  panel.rows.forEach((_, i) => {
    panel.cols.forEach((_, j) => {
      const known = panel.value(i, j);
      if (known === null) return;
      const colour = palette.heat(Math.round(share(known) * PLAIN_SHADES) / PLAIN_SHADES);
      const [width, height] = [round(cell.width), round(cell.height)];
      const path = `M${round(LEFT + j * cell.width)} ${round(TOP + i * cell.height)}h${width}v${height}h-${width}z`;
      paths.set(colour, (paths.get(colour) ?? '') + path);
    });
  });
  return [...paths].map(([colour, path]) => <path key={colour} fill={colour} d={path} shapeRendering="crispEdges" />);
}

/** More than an eye tells apart. */
const PLAIN_SHADES = 100;

interface BarProps extends Pick<Props, 'palette' | 'measure' | 'range' | 'format'> {
  y: number;
  width: number;
  isLog: boolean;
}

const BAR_STEPS = 32;
const BAR = Array.from({ length: BAR_STEPS }, (_, i) => i / (BAR_STEPS - 1));

function ScaleBar({ y, width, palette, measure, range, isLog, format }: BarProps) {
  const step = width / BAR_STEPS;
  return (
    <g transform={`translate(${LEFT} ${y})`}>
      {BAR.map((share, i) => (
        <rect key={share} x={round(i * step)} width={round(step + 0.5)} height={8} fill={palette.heat(share)} />
      ))}
      <text y={24}>{format(range[0])}</text>
      <text x={width} y={24} textAnchor="end">
        {format(range[1])}
      </text>
      <text x={width + 12} y={9}>
        {measure}
        {isLog ? ' (log scale)' : ''}
      </text>
    </g>
  );
}

function shareOf([low, high]: readonly [number, number], isLog: boolean): (value: number) => number {
  if (high <= low) return () => 1;
  if (!isLog) return (value) => (value - low) / (high - low);
  return (value) => Math.log(Math.max(value, low) / low) / Math.log(high / low);
}

function round(pixels: number): number {
  return Math.round(pixels * 10) / 10;
}
