// What it is trained on.
import { NumberField } from '../../../../panels/NumberField.tsx';
import { Select } from '../../../../panels/Select.tsx';
import styles from './bigger.module.css';
import { changeMachines, useBiggerStore } from './biggerStore.ts';

const GB = 1e9;

export function MachineFields() {
  const machines = useBiggerStore((state) => state.machines);
  return (
    <div className={styles.fields}>
      <NumberField
        label="GPUs"
        term="of all machines"
        value={machines.gpus}
        min={1}
        max={4096}
        isWhole
        onChange={(gpus) => changeMachines({ gpus })}
      />
      <NumberField
        label="Memory of each"
        term="GB"
        value={machines.gpuBytes / GB}
        min={1}
        max={1000}
        onChange={(gigabytes) => changeMachines({ gpuBytes: gigabytes * GB })}
      />
      <Select
        label="The model is"
        value={machines.sharding}
        options={[
          { value: 'none', label: 'whole on each GPU' },
          { value: 'fsdp', label: 'cut over all (FSDP)' },
          { value: 'deepspeed', label: 'cut over all (DeepSpeed)' },
        ]}
        onChange={(sharding) => changeMachines({ sharding })}
      />
      <Select
        label="Frozen weights"
        value={machines.dtype}
        options={[
          { value: 'bfloat16', label: 'bfloat16' },
          { value: 'float32', label: 'float32' },
        ]}
        onChange={(dtype) => changeMachines({ dtype })}
      />
      <NumberField
        label="Rows at once"
        term="per GPU"
        value={machines.microBatch}
        min={1}
        max={4096}
        isWhole
        onChange={(microBatch) => changeMachines({ microBatch })}
      />
      <NumberField
        label="Tokens of a row"
        term="at most"
        value={machines.length}
        min={2}
        max={131_072}
        isWhole
        onChange={(length) => changeMachines({ length })}
      />
      <Select
        label="Activations"
        term="checkpointing"
        value={machines.checkpointing ? 'again' : 'kept'}
        options={[
          { value: 'again', label: 'computed again' },
          { value: 'kept', label: 'kept' },
        ]}
        onChange={(choice) => changeMachines({ checkpointing: choice === 'again' })}
      />
    </div>
  );
}
