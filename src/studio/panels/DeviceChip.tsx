// Which GPU this page trains on, always in sight.
import { useDeviceStore } from '../stores/deviceStore.ts';
import styles from './DeviceChip.module.css';

export function DeviceChip() {
  const device = useDeviceStore((state) => state.device);
  switch (device.kind) {
    case 'opening':
      return <span className={styles.chip}>Looking for a GPU…</span>;
    case 'ready':
      return (
        <span
          className={styles.chip}
          title={device.isSoftware ? `${device.name}, on the processor: slow` : device.name}
        >
          <span className={styles.dot} data-kind="ready" aria-hidden="true" />
          <span className={styles.name}>{device.name}</span>
          {device.isSoftware && <span className={styles.kind}>(software)</span>}
        </span>
      );
    case 'missing':
      return (
        <span className={styles.chip}>
          <span className={styles.dot} aria-hidden="true" />
          No WebGPU
        </span>
      );
    case 'lost':
      return (
        <span className={styles.chip}>
          <span className={styles.dot} aria-hidden="true" />
          GPU lost
        </span>
      );
    default:
      return device satisfies never;
  }
}
