// What each rank bought: one dot per run, quality against rank on a doubling scale.
import { useElementSize } from '@mantine/hooks';
import { useState } from 'react';
import type { RunRecord } from '../../../worker/protocol.ts';
import { formatLoss, formatShare } from '../../format.ts';
import { Panel } from '../../panels/Panel.tsx';
import { RadioChips } from '../../panels/RadioChips.tsx';
import { rankColour } from '../../theme/rankColour.ts';
import { useColourScheme } from '../../theme/useColourScheme.ts';
import styles from './compare.module.css';
import { niceTicks } from './niceTicks.ts';
import type { RunMark } from './runMarks.ts';

type Quality = 'loss' | 'right';
const QUALITIES: Record<
  Quality,
  { title: string; value: (run: RunRecord) => number | null; format: (value: number) => string }
> = {
  loss: { title: 'Held-out loss', value: (run) => run.evaluations.at(-1)?.loss ?? null, format: formatLoss },
  right: { title: 'Right answers', value: (run) => run.accuracy?.adapter ?? null, format: formatShare },
};

interface Dot {
  rank: number;
  value: number;
  label: string;
}

/** Null where fewer than two ranks were measured: there is nothing to see. */
export function RankQuality({ runs, marks }: { runs: RunRecord[]; marks: RunMark[] }) {
  const [wanted, setWanted] = useState<Quality>('loss');
  const dotsOf = (quality: Quality) => measuredDots(runs, marks, QUALITIES[quality].value);
  const possible = (['loss', 'right'] as const).filter(
    (quality) => new Set(dotsOf(quality).map((d) => d.rank)).size > 1,
  );
  const quality = possible.includes(wanted) ? wanted : possible[0];
  if (quality === undefined) return null;
  return (
    <Panel title="Quality against rank" note={quality === 'loss' ? 'lower is better' : 'higher is better'}>
      {possible.length > 1 && (
        <RadioChips
          legend="Quality"
          isLegendHidden
          value={quality}
          options={possible.map((value) => ({ value, label: QUALITIES[value].title }))}
          onChange={setWanted}
        />
      )}
      <DotChart title={QUALITIES[quality].title} dots={dotsOf(quality)} format={QUALITIES[quality].format} />
    </Panel>
  );
}

function measuredDots(runs: RunRecord[], marks: RunMark[], measure: (run: RunRecord) => number | null): Dot[] {
  return runs.flatMap((run, i) => {
    const value = measure(run);
    return value === null ? [] : { rank: run.settings.adapter.rank, value, label: marks[i]?.label ?? '' };
  });
}

const HEIGHT = 240;
const PAD = { left: 64, right: 48, top: 16, bottom: 40 };

function DotChart({ title, dots, format }: { title: string; dots: Dot[]; format: (value: number) => string }) {
  const { ref, width } = useElementSize<HTMLDivElement>();
  const scheme = useColourScheme();
  const ranks = [...new Set(dots.map(({ rank }) => rank))].sort((a, b) => a - b);
  const logs = ranks.map(Math.log2);
  const ticks = niceTicks(Math.min(...dots.map((d) => d.value)), Math.max(...dots.map((d) => d.value)), 4);
  const place = (value: number, values: number[], from: number, to: number) => {
    const low = Math.min(...values);
    return from + ((value - low) / (Math.max(...values) - low)) * (to - from);
  };
  const xOf = (rank: number) => place(Math.log2(rank), logs, PAD.left + 16, Math.max(width - PAD.right, PAD.left + 32));
  const yOf = (value: number) => place(value, ticks, HEIGHT - PAD.bottom, PAD.top);
  const summary = dots.map(({ label, value }) => `${label}: ${format(value)}`).join('; ');
  return (
    <div ref={ref} className={styles.dots}>
      {width > 0 && (
        <svg width={width} height={HEIGHT} role="img" aria-label={`${title} by rank. ${summary}`}>
          {ticks.map((tick) => (
            <g key={tick}>
              <line className={styles.gridLine} x1={PAD.left} x2={width - 8} y1={yOf(tick)} y2={yOf(tick)} />
              <text x={PAD.left - 8} y={yOf(tick)} textAnchor="end" dominantBaseline="middle">
                {format(tick)}
              </text>
            </g>
          ))}
          {ranks.map((rank) => (
            <text key={rank} x={xOf(rank)} y={HEIGHT - PAD.bottom + 18} textAnchor="middle">
              {rank}
            </text>
          ))}
          <text x={(PAD.left + width) / 2} y={HEIGHT - 4} textAnchor="middle">
            rank (doubling scale)
          </text>
          {dots.map(({ rank, value, label }) => (
            <g key={label}>
              <circle cx={xOf(rank)} cy={yOf(value)} r={5} fill={rankColour(rank, scheme)} />
              <text className={styles.dotLabel} x={xOf(rank) + 10} y={yOf(value)} dominantBaseline="middle">
                {label}
              </text>
            </g>
          ))}
        </svg>
      )}
    </div>
  );
}
