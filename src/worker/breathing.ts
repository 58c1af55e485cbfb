// Long work that the worker does beside other commands.
import type { Breathe } from '../analysis/columns.ts';

const SLICE_MS = 40;

/** Lets the worker take its messages once a slice of time is used up. Throws the signal's reason. */
export function breathing(signal: AbortSignal): Breathe {
  let since = performance.now();
  return async () => {
    signal.throwIfAborted();
    if (performance.now() - since < SLICE_MS) return;
    await new Promise((resolve) => setTimeout(resolve));
    since = performance.now();
    signal.throwIfAborted();
  };
}
