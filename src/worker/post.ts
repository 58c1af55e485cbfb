// The one way out of the worker.
import type { Event } from './protocol.ts';

export function post(event: Event): void {
  self.postMessage(event);
}
