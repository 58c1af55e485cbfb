// What it is trained on.
import type { Machines } from '../../../../../worker/protocol/bigMachines.ts';
import { NumberField } from '../../../../panels/NumberField.tsx';
import { Select } from '../../../../panels/Select.tsx';
import styles from './bigger.module.css';
import { changeMachines, useBiggerStore } from './biggerStore.ts';

const GB = 1e9;

const SHARDINGS = [
  { value: 'none', label: 'whole on each GPU' },
  { value: 'fsdp', label: 'cut over all (FSDP)' },
  { value: 'deepspeed', label: 'cut over all (DeepSpeed)' },
] as const;

const ACTIVATIONS = [
  { value: 'again', label: 'computed again' },
  { value: 'kept', label: 'kept' },
] as const;

const DTYPES = [
  { value: 'bfloat16', label: 'bfloat16' },
  { value: 'float32', label: 'float32' },
] as const;

export function MachineFields() {
  const { gpus, gpuBytes, sharding, dtype, checkpointing, microBatch, length } = useBiggerStore(
    (state) => state.machines,
  );
  const count = (label: string, term: string, value: number, max: number, key: keyof Machines) => (
    <NumberField
      {...{ label, term, value, max }}
      min={key === 'length' ? 2 : 1}
      isWhole={key !== 'gpuBytes'}
      onChange={(number) => changeMachines({ [key]: key === 'gpuBytes' ? number * GB : number })}
    />
  );
  return (
    <div className={styles.fields}>
      {count('GPUs', 'of all machines', gpus, 4096, 'gpus')}
      {count('Memory of each', 'GB', gpuBytes / GB, 1000, 'gpuBytes')}
      <Select
        label="The model is"
        value={sharding}
        options={SHARDINGS}
        onChange={(chosen) => changeMachines({ sharding: chosen })}
      />
      <Select
        label="Frozen weights"
        value={dtype}
        options={DTYPES}
        onChange={(chosen) => changeMachines({ dtype: chosen })}
      />
      {count('Rows at once', 'per GPU', microBatch, 4096, 'microBatch')}
      {count('Tokens of a row', 'at most', length, 131_072, 'length')}
      <Select
        label="Activations"
        term="checkpointing"
        value={checkpointing ? 'again' : 'kept'}
        options={ACTIVATIONS}
        onChange={(choice) => changeMachines({ checkpointing: choice === 'again' })}
      />
    </div>
  );
}
