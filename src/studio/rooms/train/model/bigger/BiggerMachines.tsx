// A model that a browser cannot hold: what LoRA makes of it, whether some machines hold it, and the folder that starts there.
import { Button } from '@mantine/core';
import { useEffect } from 'react';
import { formatCount } from '../../../../format.ts';
import { ErrorNote } from '../../../../panels/ErrorNote.tsx';
import { SideDrawer } from '../../../../panels/SideDrawer.tsx';
import { useDataStore } from '../../../../stores/dataStore.ts';
import modelStyles from '../model.module.css';
import styles from './bigger.module.css';
import { openBigger, takeBigRun, useBiggerStore } from './biggerStore.ts';
import { MachineFields } from './MachineFields.tsx';
import { MachineSum } from './MachineSum.tsx';
import { PaperTable } from './PaperTable.tsx';
import { RunFields } from './RunFields.tsx';

export function BiggerMachines({ onClose }: { onClose: () => void }) {
  const plan = useBiggerStore((state) => state.plan);
  useEffect(() => {
    void openBigger();
  }, []);
  return (
    <SideDrawer title="Bigger machines" width={640} onClose={onClose}>
      <section className={modelStyles.section} aria-label="Run">
        <h3>Run</h3>
        <RunFields />
        {plan.kind === 'ready' && <PaperTable plan={plan.plan} />}
      </section>
      <section className={modelStyles.section} aria-label="Machines">
        <h3>Machines</h3>
        <MachineFields />
        {plan.kind === 'ready' && <MachineSum plan={plan.plan} />}
        {plan.kind === 'failed' && <ErrorNote message={plan.message} />}
      </section>
      <Take />
    </SideDrawer>
  );
}

function Take() {
  const model = useBiggerStore((state) => state.models.find(({ id }) => id === state.modelId) ?? null);
  const isPlanned = useBiggerStore((state) => state.plan.kind === 'ready');
  const leaving = useBiggerStore((state) => state.leaving);
  const data = useDataStore(({ status }) => (status.kind === 'ready' ? status.description : null));
  const missing = missingFor(model?.isOnHub ?? false, data !== null);
  return (
    <section className={modelStyles.section} aria-label="Take it there">
      <h3>Take it there</h3>
      <p className={styles.dim}>
        A folder with train.py (PyTorch, PEFT, Accelerate), the settings of Train and{' '}
        {data ? `the ${formatCount(data.trainRows)} rows of “${data.name}”` : 'the data that is read in Train'}. The
        adapter comes back through the Library.
      </p>
      <div>
        <Button
          disabled={missing !== null || !isPlanned || leaving.kind === 'making'}
          onClick={() => void takeBigRun()}
        >
          {leaving.kind === 'making' ? 'Writing the folder…' : 'Download the folder'}
        </Button>
      </div>
      {missing && <p className={styles.dim}>{missing}</p>}
      {leaving.kind === 'failed' && <ErrorNote message={leaving.message} />}
    </section>
  );
}

function missingFor(isOnHub: boolean, hasData: boolean): string | null {
  if (!isOnHub) return 'This model has no public weights: it can be planned, not trained.';
  return hasData ? null : 'Read data in Train first.';
}
