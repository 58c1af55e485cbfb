// Stands in where the browser keeps nothing (private windows): runs last as long as the page.
import type { MetricRow, RunLibrary, StoredAnswers, StoredRun } from '../storage/runLibrary.ts';

export function memoryLibrary<Run extends StoredRun>(): RunLibrary<Run> {
  const runs = new Map<string, Run>();
  const curves = new Map<string, MetricRow[]>();
  const adapters = new Map<string, Blob>();
  const answers = new Map<string, Map<string, StoredAnswers>>();
  return {
    list: async () => [...runs.values()].sort((a, b) => b.createdAt - a.createdAt),
    get: async (id) => runs.get(id),
    async put(run) {
      runs.set(run.id, run);
    },
    async rename(id, name) {
      const run = runs.get(id);
      if (!run) throw new RangeError(`the library: no run ${id}`);
      runs.set(id, { ...run, name });
    },
    async remove(id) {
      for (const part of [runs, curves, adapters, answers]) part.delete(id);
    },
    async appendMetrics(id, rows) {
      const from = rows[0]?.step ?? Number.POSITIVE_INFINITY;
      curves.set(id, [...(curves.get(id) ?? []).filter(({ step }) => step < from), ...rows]);
    },
    metrics: async (id) => curves.get(id) ?? [],
    async putAdapter(id, adapter) {
      adapters.set(id, adapter);
    },
    adapter: async (id) => adapters.get(id),
    async putAnswers(said) {
      answers.set(said.ownerId, (answers.get(said.ownerId) ?? new Map()).set(said.dataKey, said));
    },
    answers: async (ownerId, dataKey) => answers.get(ownerId)?.get(dataKey),
    close() {},
  };
}
