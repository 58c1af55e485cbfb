// A thin bar of steps done, moved outside React.
import { useRef } from 'react';
import type { RunRecord } from '../../../../worker/protocol/runs.ts';
import { useFrame } from '../../../panels/useFrame.ts';
import { useRunStore } from '../../../stores/runStore.ts';
import styles from './go.module.css';

export function StepProgress({ run }: { run: RunRecord }) {
  const bar = useRef<HTMLProgressElement>(null);
  useFrame(() => {
    const step = useRunStore.getState().metrics.last('step') ?? run.step;
    if (bar.current && bar.current.value !== step) bar.current.value = step;
  });
  return <progress ref={bar} className={styles.progress} max={run.steps} aria-label="Steps done" />;
}
