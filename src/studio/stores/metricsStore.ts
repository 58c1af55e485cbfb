// Curves of kept runs, read once and kept up to date while a run goes on: Library and Compare draw them.
import { create } from 'zustand';
import { call, onEvent } from '../../worker/client.ts';
import type { StepMetrics } from '../../worker/protocol/runs.ts';
import { messageOf } from './messageOf.ts';
import { withSteps } from './withSteps.ts';

export type MetricsStatus =
  | { kind: 'loading' }
  | { kind: 'ready'; metrics: StepMetrics[] }
  | { kind: 'failed'; message: string };

export const useMetricsStore = create<{ runs: Record<string, MetricsStatus> }>()(() => ({ runs: {} }));

/** A chart of a whole run need not follow every step: new ones are taken in together, this often. */
const FLUSH_MS = 1000;
const arrived = new Map<string, StepMetrics[]>();

function setMetrics(changes: Record<string, MetricsStatus>): void {
  useMetricsStore.setState(({ runs }) => ({ runs: { ...runs, ...changes } }));
}

/** Reads the curves that are not here already; they come together, so that what draws them is made once. */
export async function loadMetrics(runIds: readonly string[]): Promise<void> {
  const known = useMetricsStore.getState().runs;
  const missing = runIds.filter((runId) => (known[runId]?.kind ?? 'failed') === 'failed');
  if (missing.length === 0) return;
  setMetrics(Object.fromEntries(missing.map((runId) => [runId, { kind: 'loading' }])));
  const read = missing.map(async (runId): Promise<[string, MetricsStatus]> => {
    try {
      return [runId, { kind: 'ready', metrics: await call('readMetrics', { runId }) }];
    } catch (error) {
      return [runId, { kind: 'failed', message: messageOf(error) }];
    }
  });
  setMetrics(Object.fromEntries(await Promise.all(read)));
}

onEvent('steps', ({ runId, steps }) => {
  if (useMetricsStore.getState().runs[runId] === undefined) return;
  if (arrived.size === 0) setTimeout(flush, FLUSH_MS);
  arrived.set(runId, [...(arrived.get(runId) ?? []), ...steps]);
});

function flush(): void {
  for (const [runId, steps] of arrived) {
    const status = useMetricsStore.getState().runs[runId];
    if (status?.kind === 'loading') continue;
    arrived.delete(runId);
    if (status?.kind === 'ready') setMetrics({ [runId]: { kind: 'ready', metrics: withSteps(status.metrics, steps) } });
  }
  if (arrived.size > 0) setTimeout(flush, FLUSH_MS);
}
