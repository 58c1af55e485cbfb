// "No additional inference latency" as a measurement: merged and unmerged against the base, in onnxruntime.
import type { Spread } from '../../../../runtime/protocol.ts';
import styles from './onnx.module.css';
import type { Conditions, Latency } from './onnxStore.ts';
import { milliseconds, runtimeText } from './onnxWords.ts';

export function LatencyTable({ lanes, promptTokens, newTokens, rounds, ...conditions }: Conditions & Latency) {
  return (
    <section className={styles.part} aria-label="Latency in onnxruntime">
      <p className={styles.note}>{runtimeText(conditions)}</p>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a wide table is scrolled with the keyboard too. */}
      <section className={styles.scroll} tabIndex={0} aria-label="Table of latency">
        <table className={styles.table}>
          <thead>
            <tr>
              <th scope="col">Answerer</th>
              <th scope="col">A token</th>
              <th scope="col">Against the base</th>
              <th scope="col">First token</th>
            </tr>
          </thead>
          <tbody>
            {lanes.map(({ name, times }) => (
              <tr key={name}>
                <th scope="row">{name}</th>
                <Cell spread={times.msPerToken} text={milliseconds} />
                <Cell spread={times.ratio} text={(value) => `${value.toFixed(2)} ×`} />
                <Cell spread={times.firstTokenMs} text={milliseconds} />
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      <p className={styles.note}>
        Medians of {rounds} rounds with the smallest and the largest below them; in every round all take turns,{' '}
        {newTokens} tokens each after a prompt of {promptTokens}. A round’s token is the median of its tokens; against
        the base: of the same round.
      </p>
    </section>
  );
}

function Cell({ spread, text }: { spread: Spread; text: (value: number) => string }) {
  return (
    <td>
      {text(spread.median)}
      {spread.lowest < spread.highest && (
        <span className={styles.detail}>
          {text(spread.lowest)} to {text(spread.highest)}
        </span>
      )}
    </td>
  );
}
