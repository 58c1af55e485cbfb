// How long a submit to the GPU may take, kept in this browser: shorter ones leave the machine smoother and cost some speed.
import { create } from 'zustand';
import { call } from '../../worker/client.ts';
import { keepNumber, keptNumber } from './keptNumber.ts';

const KEY = 'rankwise.longestSubmitMs';

/** null: as the worker paces this device by default. */
export const usePaceStore = create<{ longestSubmitMs: number | null }>()(() => ({ longestSubmitMs: keptNumber(KEY) }));

export function setPace(longestSubmitMs: number): void {
  usePaceStore.setState({ longestSubmitMs });
  keepNumber(KEY, longestSubmitMs);
  void tellPace();
}

/** Tells the worker what was kept. */
export async function tellPace(): Promise<void> {
  await call('setPace', usePaceStore.getState());
}
