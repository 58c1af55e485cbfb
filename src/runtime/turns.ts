// One thing at a time, and a way to stop it. onnxruntime runs one session at once; messages are read between steps.
import { CancelledError } from './onnxError.ts';

let turn: Promise<unknown> = Promise.resolve();
const underWay = new Set<AbortController>();

/** Runs `work` after what was asked for before it. Rejects with CancelledError once `cancelAll` was called. */
export function inTurn<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  underWay.add(controller);
  const result = turn
    .then(() => {
      controller.signal.throwIfAborted();
      return work(controller.signal);
    })
    .finally(() => underWay.delete(controller));
  turn = result.catch(() => undefined);
  return result;
}

export function cancelAll(): void {
  for (const controller of underWay) controller.abort(new CancelledError());
}

/** Lets messages in. Throws the signal's reason. (A timer would wait; a message does not.) */
export async function letMessagesIn(signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
  signal.throwIfAborted();
}
