// The GPU memory a run will take: the plan's exact sum, by what it is for.
import { formatBytes, formatExact } from '../../../format.ts';
import { useDeviceStore } from '../../../stores/deviceStore.ts';
import { shownPlan, useSettingsStore } from '../../../stores/settingsStore.ts';
import styles from './training.module.css';

export function MemoryBar() {
  const memory = useSettingsStore((state) => shownPlan(state.plan)?.memory ?? null);
  const limit = useDeviceStore(({ device }) => (device.kind === 'ready' ? device.maxBufferBytes : null));
  if (memory === null) return null;
  const parts = [
    { name: 'weights', bytes: memory.weights },
    { name: 'adapter', bytes: memory.adapters },
    { name: 'activations', bytes: memory.activations },
  ];
  return (
    <div className={styles.memory}>
      <p>
        GPU memory <strong title={`${formatExact(memory.total)} bytes`}>{formatBytes(memory.total)}</strong>
        <span className={styles.dim}>{limit !== null && `largest buffer here ${formatBytes(limit)}`}</span>
      </p>
      <div className={styles.memoryBar} aria-hidden="true">
        {parts.map((part) => (
          <span key={part.name} data-part={part.name} style={{ flexGrow: part.bytes }} />
        ))}
      </div>
      <p className={styles.dim}>
        {parts.map((part) => (
          <span key={part.name} title={`${formatExact(part.bytes)} bytes`}>
            <i data-part={part.name} aria-hidden="true" /> {part.name} {formatBytes(part.bytes)}
          </span>
        ))}
      </p>
    </div>
  );
}
