// Every way to a model: built in, one click from the shelf, a Hub id, files of one's own. Choosing closes the drawer; the
// panel goes on from there.
import { Button } from '@mantine/core';
import { useState } from 'react';
import type { ModelSource } from '../../../../worker/protocol/model.ts';
import { SideDrawer } from '../../../panels/SideDrawer.tsx';
import { describeModel, loadModel } from '../../../stores/modelStore.ts';
import { HubForm } from './HubForm.tsx';
import { KeptModels } from './KeptModels.tsx';
import { ModelFiles } from './ModelFiles.tsx';
import styles from './model.module.css';
import { Shelf } from './Shelf.tsx';

export function ModelDrawer({ onClose, onBigger }: { onClose: () => void; onBigger: () => void }) {
  const [hubId, setHubId] = useState('');
  const load = (source: ModelSource) => {
    onClose();
    void loadModel(source);
  };
  const describe = (source: ModelSource) => {
    onClose();
    void describeModel(source);
  };
  return (
    <SideDrawer title="Choose a model" width={640} onClose={onClose}>
      <section className={styles.section}>
        <h3>Built in</h3>
        <p>A small model made for the three tasks; it comes with the page.</p>
        <div className={styles.row}>
          <Button variant="default" onClick={() => load({ kind: 'builtin' })}>
            Use the built-in model
          </Button>
        </div>
      </section>
      <KeptModels onChoose={load} />
      <section className={styles.section}>
        <h3>Shelf</h3>
        <p>Known small models, fetched from the Hugging Face Hub and kept in this browser.</p>
        <Shelf onChoose={load} onNeedToken={setHubId} />
      </section>
      <section className={styles.section}>
        <h3>From the Hugging Face Hub</h3>
        <HubForm key={hubId} initialId={hubId} onChoose={describe} />
      </section>
      <section className={styles.section}>
        <h3>From your disk</h3>
        <ModelFiles onChoose={describe} />
      </section>
      <section className={styles.section}>
        <h3>Too large for a browser</h3>
        <p>
          From SmolLM2 to Llama 3.1 405B: plan the run for other machines, and take it there as a folder for PyTorch.
        </p>
        <div className={styles.row}>
          <Button variant="default" onClick={onBigger}>
            Plan for bigger machines
          </Button>
        </div>
      </section>
    </SideDrawer>
  );
}
