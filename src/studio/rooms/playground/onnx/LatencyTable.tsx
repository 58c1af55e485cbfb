// "No additional inference latency" as a measurement: merged and unmerged against the base, in onnxruntime.
import type { Spread } from '../../../../runtime/protocol.ts';
import { NumberTable, Value } from '../../../panels/NumberTable.tsx';
import playground from '../playground.module.css';
import type { Conditions, Latency } from './onnxStore.ts';
import { milliseconds, runtimeText } from './onnxWords.ts';

const COLUMNS = [{ title: 'Answerer' }, { title: 'A token' }, { title: 'Against the base' }, { title: 'First token' }];

export function LatencyTable({ lanes, promptTokens, newTokens, rounds, ...conditions }: Conditions & Latency) {
  return (
    <section className={playground.part} aria-label="Latency in onnxruntime">
      <p className={playground.note}>{runtimeText(conditions)}</p>
      <NumberTable label="Table of latency" columns={COLUMNS}>
        {lanes.map(({ name, times }) => (
          <tr key={name}>
            <th scope="row">{name}</th>
            <Times spread={times.msPerToken} text={milliseconds} />
            <Times spread={times.ratio} text={(value) => `${value.toFixed(2)} ×`} />
            <Times spread={times.firstTokenMs} text={milliseconds} />
          </tr>
        ))}
      </NumberTable>
      <p className={playground.note}>
        Medians of {rounds} rounds with the smallest and the largest below them; in every round all take turns,{' '}
        {newTokens} tokens each after a prompt of {promptTokens}. A round’s token is the median of its tokens; against
        the base: of the same round.
      </p>
    </section>
  );
}

function Times({ spread: { median, lowest, highest }, text }: { spread: Spread; text: (value: number) => string }) {
  const details = lowest < highest ? [`${text(lowest)} to ${text(highest)}`] : [];
  return <Value details={details}>{text(median)}</Value>;
}
