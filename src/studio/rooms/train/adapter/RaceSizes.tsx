// The adapters of the race that the choices make: how large each is, and which train together.
import { formatBytes, formatExact, formatShare } from '../../../format.ts';
import { shownPlan, useSettingsStore } from '../../../stores/settingsStore.ts';
import { RankSwatch } from '../../../theme/RankSwatch.tsx';
import { adapterMarks } from '../go/raceMarks.ts';
import styles from './adapter.module.css';

export function RaceSizes() {
  const plan = useSettingsStore((state) => shownPlan(state.plan));
  if (plan === null || plan.adapters.length < 2) return null;
  const { adapters, heats, modelParameters } = plan;
  const marks = adapterMarks(adapters.map(({ name, settings }) => ({ rank: settings.adapter.rank, name })));
  return (
    <div className={styles.race}>
      <p>
        {adapters.length} adapters race on the same batches
        {heats.length > 1 && `, ${heats.join(' + ')} at a time, for together they take too much memory`}
      </p>
      <div className={styles.raceScroll}>
        <table>
          <caption className="visually-hidden">Adapters of the race</caption>
          <thead>
            <tr>
              <th scope="col">Adapter</th>
              <th scope="col">Trainable</th>
              <th scope="col">Of the model</th>
              <th scope="col">File</th>
            </tr>
          </thead>
          <tbody>
            {adapters.map(({ name, settings, trainableParameters, adapterFileBytes }, i) => (
              <tr key={name}>
                <th scope="row">
                  <span>
                    <RankSwatch rank={settings.adapter.rank} dash={marks[i]?.dash} />
                    {name}
                  </span>
                </th>
                <td>{formatExact(trainableParameters)}</td>
                <td>{formatShare(trainableParameters / modelParameters)}</td>
                <td>{formatBytes(adapterFileBytes)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </div>
  );
}
