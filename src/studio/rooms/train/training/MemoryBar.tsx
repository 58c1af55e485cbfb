// The GPU memory a run will take: the plan's exact sum, by what it is for.
import { formatBytes, formatExact } from '../../../format.ts';
import { useDeviceStore } from '../../../stores/deviceStore.ts';
import { budgetBytes, useFitStore } from '../../../stores/fitStore.ts';
import { shownPlan, useSettingsStore } from '../../../stores/settingsStore.ts';
import styles from './training.module.css';

export function MemoryBar() {
  const memory = useSettingsStore((state) => shownPlan(state.plan)?.memory ?? null);
  const limit = useDeviceStore(({ device }) => (device.kind === 'ready' ? device.maxBufferBytes : null));
  const budget = useFitStore((state) => budgetBytes(state.ownBudgetBytes));
  const isOver = memory !== null && limit !== null && memory.total > budget;
  const parts = [
    { name: 'weights', bytes: memory?.weights ?? null },
    { name: 'adapter', bytes: memory?.adapters ?? null },
    { name: 'activations', bytes: memory?.activations ?? null },
    { name: 'samples', bytes: memory?.samples ?? null },
  ];
  return (
    <div className={styles.memory}>
      <p>
        GPU memory <Bytes bytes={memory?.total ?? null} />
        <span className={styles.dim}>{limit !== null && `largest buffer here ${formatBytes(limit)}`}</span>
      </p>
      {isOver && <p className={styles.over}>More than the {formatBytes(budget)} to use.</p>}
      <div className={styles.memoryBar} aria-hidden="true">
        {parts.map((part) => (
          <span key={part.name} data-part={part.name} style={{ flexGrow: part.bytes ?? 0 }} />
        ))}
      </div>
      <p className={styles.dim}>
        {parts.map((part) => (
          <span key={part.name}>
            <i data-part={part.name} aria-hidden="true" /> {part.name} <Bytes bytes={part.bytes} />
          </span>
        ))}
      </p>
    </div>
  );
}

function Bytes({ bytes }: { bytes: number | null }) {
  if (bytes === null) return <span>–</span>;
  return <span title={`${formatExact(bytes)} bytes`}>{formatBytes(bytes)}</span>;
}
