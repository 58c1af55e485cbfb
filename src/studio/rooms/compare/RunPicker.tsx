// Which runs are compared: those that came with the address first, the others in the Library's order.
import { Checkbox } from '@mantine/core';
import { useMemo, useState } from 'react';
import type { RunRecord } from '../../../worker/protocol/runs.ts';
import { Panel } from '../../panels/Panel.tsx';
import { openRoom } from '../../routing.ts';
import { RankMark } from '../../runs/RankMark.tsx';
import styles from './compare.module.css';
import type { RunMark } from './runMarks.ts';

interface Props {
  runs: RunRecord[];
  chosen: RunRecord[];
  marks: RunMark[];
}

export function RunPicker({ runs, chosen, marks }: Props) {
  // A run stays where it is when it is ticked.
  const [first] = useState(() => chosen.map(({ id }) => id));
  const listed = useMemo(() => {
    const isFirst = ({ id }: RunRecord) => Number(first.includes(id));
    return [...runs].sort((a, b) => isFirst(b) - isFirst(a));
  }, [runs, first]);
  const choose = (run: RunRecord, isChosen: boolean) => {
    const others = chosen.filter(({ id }) => id !== run.id).map(({ id }) => id);
    openRoom('compare', { runs: (isChosen ? [...others, run.id] : others).join(',') });
  };
  return (
    <Panel title="Runs" note={`${chosen.length} of ${runs.length} compared`}>
      <ul className={styles.picker}>
        {listed.map((run) => {
          const place = chosen.findIndex(({ id }) => id === run.id);
          return (
            <li key={run.id}>
              <Checkbox
                size="xs"
                checked={place >= 0}
                onChange={({ currentTarget }) => choose(run, currentTarget.checked)}
                label={
                  <span className={styles.pick}>
                    <RankMark rank={run.settings.adapter.rank} label={marks[place]?.label} dash={marks[place]?.dash} />
                    <span>{run.name}</span>
                  </span>
                }
              />
            </li>
          );
        })}
      </ul>
    </Panel>
  );
}
