// A new adapter, or one that is kept and fits this model: trained here before, or brought in from PEFT.
import type { RunRecord } from '../../../../worker/protocol/runs.ts';
import { Select } from '../../../panels/Select.tsx';
import { type LibraryStatus, useLibraryStore } from '../../../stores/libraryStore.ts';
import { useModelStore } from '../../../stores/modelStore.ts';
import { isActive } from '../../../stores/runStore.ts';
import { startFromNew, startFromRun, useSettingsStore } from '../../../stores/settingsStore.ts';

const NEW = '';

export function StartFrom() {
  const status = useLibraryStore((state) => state.status);
  const startFrom = useSettingsStore((state) => state.startFrom);
  const baseModelId = useModelStore((state) =>
    state.status.kind === 'ready' ? state.status.description.baseModelId : null,
  );
  const runs = runsFor(status, baseModelId);
  if (runs.length === 0) return null;
  return (
    <Select
      label="Start from"
      value={startFrom ?? NEW}
      options={[
        { value: NEW, label: 'a new adapter' },
        ...runs.map((run) => ({ value: run.id, label: `${run.name}, step ${run.step}` })),
      ]}
      onChange={(id) => {
        const run = runs.find((known) => known.id === id);
        if (run) startFromRun(run);
        else startFromNew();
      }}
    />
  );
}

function runsFor(status: LibraryStatus, baseModelId: string | null): RunRecord[] {
  if (status.kind !== 'ready') return [];
  return status.runs.filter((run) => run.hasAdapter && !isActive(run.status) && run.model.baseModelId === baseModelId);
}
