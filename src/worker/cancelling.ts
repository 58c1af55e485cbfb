// Long work that can be cancelled, by kind.
import { CancelledError } from './failure.ts';
import type { Calls } from './protocol.ts';

export type Cancellable = Calls['cancel']['request']['what'];

const underWay = new Map<Cancellable, Set<AbortController>>();

/** Runs `work` with a signal that `cancel(what)` aborts. Rejects with CancelledError once it was. */
export async function cancellable<T>(what: Cancellable, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const others = underWay.get(what) ?? new Set();
  underWay.set(what, others.add(controller));
  try {
    const done = await work(controller.signal);
    controller.signal.throwIfAborted();
    return done;
  } finally {
    others.delete(controller);
  }
}

export function cancel(what: Cancellable): void {
  for (const controller of underWay.get(what) ?? []) controller.abort(new CancelledError());
}
