// Go: the run's controls, its numbers, its curves, and what it writes as it learns.
import { useEffect, useRef } from 'react';
import { useRunStore } from '../../../stores/runStore.ts';
import { DataPreview } from '../data/DataPreview.tsx';
import styles from './go.module.css';
import { Interrupted } from './Interrupted.tsx';
import { LossChart } from './LossChart.tsx';
import { RaceChart } from './RaceChart.tsx';
import { RaceTable } from './RaceTable.tsx';
import { Readouts } from './Readouts.tsx';
import { RunBar } from './RunBar.tsx';
import { RunEnd } from './RunEnd.tsx';
import { Samples } from './Samples.tsx';
import { SideCharts } from './SideCharts.tsx';

/** Below this width the settings stand above the curves, which a run brings into sight. */
const NARROW_PX = 960;

export function GoPanel() {
  const section = useRef<HTMLElement>(null);
  const state = useRunStore((store) => store.state);
  const metrics = useRunStore((store) => store.metrics);
  const hasRun = state.kind === 'shown' || state.kind === 'starting';
  const isRace = state.kind === 'shown' && (state.runs.length > 1 || state.run.race !== undefined);
  const isStarting = state.kind === 'starting';
  useEffect(() => {
    if (isStarting && window.innerWidth < NARROW_PX) section.current?.scrollIntoView({ block: 'start' });
  }, [isStarting]);
  return (
    <section ref={section} className={styles.go} aria-label="Go">
      <RunBar />
      {state.kind === 'none' && <Interrupted />}
      {state.kind === 'shown' && <RunEnd state={state} />}
      <div className={styles.instrument}>
        <Readouts />
        {isRace ? (
          <RaceChart runs={state.runs} />
        ) : (
          <LossChart
            metrics={metrics}
            rank={state.kind === 'shown' ? state.run.settings.adapter.rank : null}
            isEmpty={!hasRun}
          />
        )}
        {isRace && <RaceTable runs={state.runs} shownId={state.run.id} isOpen={state.isOpen} />}
      </div>
      {hasRun ? <SideCharts metrics={metrics} /> : <DataPreview />}
      {state.kind === 'shown' && <Samples samples={state.run.samples} />}
    </section>
  );
}
