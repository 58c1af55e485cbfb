// What each GPU would hold, part by part, and whether it can.
import type { BigPlan } from '../../../../../worker/protocol/bigMachines.ts';
import { formatBytes } from '../../../../format.ts';
import { Bytes } from './Bytes.tsx';
import styles from './bigger.module.css';
import { useBiggerStore } from './biggerStore.ts';

const PARTS = [
  ['weights', 'Frozen weights'],
  ['gathered', 'Layers whole for a moment'],
  ['adapter', 'Adapter, gradients, moments'],
  ['activations', 'Activations'],
  ['logits', 'Logits'],
  ['overhead', 'Driver and libraries, about'],
] as const;

export function MachineSum({ plan }: { plan: BigPlan }) {
  const machines = useBiggerStore((state) => state.machines);
  const { memory } = plan;
  return (
    <>
      <table className={styles.table}>
        <caption className="visually-hidden">Memory of each GPU</caption>
        <tbody>
          {PARTS.filter(([part]) => memory[part] > 0).map(([part, words]) => (
            <tr key={part}>
              <th scope="row">{words}</th>
              <td>
                <Bytes bytes={memory[part]} />
              </td>
            </tr>
          ))}
          <tr className={styles.sum}>
            <th scope="row">Each GPU</th>
            <td>
              <Bytes bytes={memory.total} />
            </td>
          </tr>
        </tbody>
      </table>
      <div role="status" className={plan.fits ? undefined : styles.over}>
        {verdict(plan, machines)}
      </div>
    </>
  );
}

function verdict({ fits, leastGpus, memory }: BigPlan, { gpus, gpuBytes, sharding }: Machines): string {
  const room = `${formatBytes(memory.total)} of ${formatBytes(gpuBytes)}`;
  if (fits)
    return leastGpus !== null && leastGpus < gpus
      ? `It fits: ${room}. ${leastGpus} ${leastGpus === 1 ? 'GPU' : 'GPUs'} would do.`
      : `It fits: ${room}.`;
  if (leastGpus !== null) return `Too much: ${room}. ${leastGpus} such GPUs would hold it.`;
  const remedy = sharding === 'none' ? 'Cut it over several, or take' : 'Take fewer rows at once, shorter rows, or';
  return `Too much: ${room}, and more GPUs do not change that. ${remedy} larger GPUs.`;
}

type Machines = ReturnType<typeof useBiggerStore.getState>['machines'];
