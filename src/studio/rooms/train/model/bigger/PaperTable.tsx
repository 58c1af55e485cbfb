// Every weight against the adapter alone, counted as the LoRA paper counts GPT-3 (section 4.2).
import type { BigPlan } from '../../../../../worker/protocol/bigMachines.ts';
import { formatCount } from '../../../../format.ts';
import { Bytes } from './Bytes.tsx';
import styles from './bigger.module.css';

export function PaperTable({ plan }: { plan: BigPlan }) {
  const { parameters, trainedParameters, everyWeight, adapter } = plan;
  const fewer = Math.round(parameters / trainedParameters).toLocaleString('en-US');
  return (
    <>
      <table className={styles.table}>
        <caption className="visually-hidden">Training every weight against training the adapter</caption>
        <thead>
          <tr>
            <td />
            <th scope="col">every weight</th>
            <th scope="col">adapter</th>
          </tr>
        </thead>
        <tbody>
          <tr>
            <th scope="row">Trained parameters</th>
            <td>{formatCount(parameters)}</td>
            <td>{formatCount(trainedParameters)}</td>
          </tr>
          <tr>
            <th scope="row">Memory to train</th>
            <td>
              <Bytes bytes={everyWeight.trainingBytes} />
            </td>
            <td>
              <Bytes bytes={adapter.trainingBytes} />
            </td>
          </tr>
          <tr>
            <th scope="row">Kept for each task</th>
            <td>
              <Bytes bytes={everyWeight.checkpointBytes} />
            </td>
            <td>
              <Bytes bytes={adapter.checkpointBytes} />
            </td>
          </tr>
        </tbody>
      </table>
      <p className={styles.dim}>
        {fewer} times fewer. Weights, gradients and moments in 16 bits, activations left out. The LoRA paper on GPT-3, r
        = 4 on Wq and Wv: 1.2 TB to 350 GB, 350 GB to 35 MB, 10,000 times fewer.
      </p>
    </>
  );
}
