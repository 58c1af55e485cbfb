// The GPU as the worker reports it.
import { create } from 'zustand';
import { CallError, call } from '../../worker/client.ts';
import type { DeviceState } from '../../worker/protocol/device.ts';

export const useDeviceStore = create<{ device: DeviceState }>()(() => ({ device: { kind: 'opening' } }));

export function setDevice(device: DeviceState): void {
  useDeviceStore.setState({ device });
}

/** Asks the worker for the device; also the way back after a loss. Resolves with what it found. */
export async function openDevice(): Promise<DeviceState> {
  setDevice({ kind: 'opening' });
  try {
    setDevice(await call('openDevice', {}));
  } catch (error) {
    setDevice({ kind: 'missing', reason: error instanceof CallError ? error.message : String(error) });
  }
  return useDeviceStore.getState().device;
}
