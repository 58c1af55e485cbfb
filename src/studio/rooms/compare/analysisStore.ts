// What was measured of the runs' adapters, and the measuring under way. The worker keeps results with the runs; here they are
// for the page.
import { create } from 'zustand';
import { CallError, call, onEvent } from '../../../worker/client.ts';
import type { MatrixAmplification, MatrixSpectrum } from '../../../worker/protocol/analysis.ts';
import type { RunRecord } from '../../../worker/protocol/runs.ts';
import { messageOf } from '../../stores/messageOf.ts';

export interface Measured {
  spectra: MatrixSpectrum[] | null;
  amplifications: MatrixAmplification[] | null;
}

export type Measuring =
  | { kind: 'idle' }
  | { kind: 'running'; what: string; done: number; total: number }
  | { kind: 'failed'; message: string };

interface Analyses {
  /** By run and step: a run trained further is measured anew. */
  measured: Record<string, Measured>;
  measuring: Measuring;
}

export const useAnalysisStore = create<Analyses>()(() => ({ measured: {}, measuring: { kind: 'idle' } }));

export function analysisKey({ id, step }: RunRecord): string {
  return `${id} ${step}`;
}

function put(run: RunRecord, changes: Partial<Measured>): void {
  useAnalysisStore.setState(({ measured }) => {
    const key = analysisKey(run);
    const known = measured[key] ?? { spectra: null, amplifications: null };
    return { measured: { ...measured, [key]: { ...known, ...changes } } };
  });
}

const asked = new Set<string>();

/** Takes what was measured in an earlier visit. */
export async function loadKeptAnalysis(run: RunRecord): Promise<void> {
  const key = analysisKey(run);
  if (!run.hasAdapter || asked.has(key)) return;
  asked.add(key);
  try {
    const { spectra, amplifications } = await call('keptAnalysis', { runId: run.id });
    if (spectra) put(run, { spectra });
    if (amplifications) put(run, { amplifications });
  } catch (error) {
    asked.delete(key);
    useAnalysisStore.setState({ measuring: { kind: 'failed', message: messageOf(error) } });
  }
}

/** Measures what is not measured yet, run after run: first the updates alone, then all against the frozen weights. */
export async function measureRuns(runs: readonly RunRecord[]): Promise<void> {
  const known = (run: RunRecord) => useAnalysisStore.getState().measured[analysisKey(run)];
  try {
    for (const run of runs) {
      if (known(run)?.spectra) continue;
      setMeasuring(`Singular values of ${run.name}`);
      put(run, { spectra: await call('analyseUpdates', { runId: run.id }) });
    }
    for (const run of runs) {
      if (known(run)?.amplifications) continue;
      setMeasuring(`${run.name} against the frozen weights`);
      put(run, { amplifications: await call('analyseAmplification', { runId: run.id }) });
    }
    useAnalysisStore.setState({ measuring: { kind: 'idle' } });
  } catch (error) {
    const isCancelled = error instanceof CallError && error.isCancelled;
    useAnalysisStore.setState({
      measuring: isCancelled ? { kind: 'idle' } : { kind: 'failed', message: messageOf(error) },
    });
  }
}

export async function cancelMeasuring(): Promise<void> {
  await call('cancel', { what: 'analysis' });
}

function setMeasuring(what: string): void {
  useAnalysisStore.setState({ measuring: { kind: 'running', what, done: 0, total: 0 } });
}

onEvent('analysed', ({ done, total }) => {
  useAnalysisStore.setState(({ measuring }) =>
    measuring.kind === 'running' ? { measuring: { ...measuring, done, total } } : {},
  );
});
