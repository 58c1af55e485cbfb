// The page's end of an ONNX worker: typed calls and events. Every user has a worker of its own, made on its first call;
// closing it ends whatever it does and gives all its memory back.
import type { CallKind, Calls, Event, Failure } from './protocol.ts';

/** Why a call failed, in words for the page. `isCancelled` when the person asked for it. */
export class RuntimeCallError extends Error {
  override readonly name = 'RuntimeCallError';
  readonly isCancelled: boolean;
  constructor({ message, isCancelled }: Failure) {
    super(message);
    this.isCancelled = isCancelled;
  }
}

type Reply<K extends CallKind = CallKind> = {
  [P in K]: { kind: 'reply'; to: P; id: number; value: Calls[P]['reply'] };
}[K];
type Resolvers = { [K in CallKind]?: Map<number, (value: Calls[K]['reply']) => void> };

/** What the worker tells unasked. */
export type RuntimeEvent = Exclude<Event, { kind: 'reply' } | { kind: 'failed' }>;

const CANCELLED: Failure = { message: 'Cancelled.', isCancelled: true };

export class OnnxRuntime {
  readonly #onEvent: (event: RuntimeEvent) => void;
  readonly #resolvers: Resolvers = {};
  readonly #rejecters = new Map<number, (error: RuntimeCallError) => void>();
  #worker: Worker | null = null;
  #isClosed = false;
  #lastId = 0;

  constructor(onEvent: (event: RuntimeEvent) => void) {
    this.#onEvent = onEvent;
  }

  /** Resolves with the reply, rejects with a RuntimeCallError. */
  call<K extends CallKind>(
    kind: K,
    request: Calls[K]['request'],
    transfer: Transferable[] = [],
  ): Promise<Calls[K]['reply']> {
    if (this.#isClosed) return Promise.reject(new RuntimeCallError(CANCELLED));
    this.#lastId += 1;
    const id = this.#lastId;
    return new Promise((resolve, reject) => {
      const waiting: Resolvers[K] = this.#resolvers[kind] ?? new Map();
      this.#resolvers[kind] = waiting;
      waiting.set(id, resolve);
      this.#rejecters.set(id, reject);
      this.#open().postMessage({ ...request, kind, id }, transfer);
    });
  }

  /** Ends the worker; what waits for it, and every later call, fails as cancelled. */
  close(): void {
    this.#isClosed = true;
    this.#worker?.terminate();
    this.#worker = null;
    this.#failAll(CANCELLED);
  }

  #open(): Worker {
    if (this.#worker !== null) return this.#worker;
    const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
    worker.addEventListener('message', ({ data }: MessageEvent<Event>) => this.#receive(data));
    worker.addEventListener('error', (event) => {
      event.preventDefault();
      this.#worker = null;
      worker.terminate();
      const message = `The ONNX worker stopped: ${event.message || 'it could not start'}. Try again; if it stops again, the model may be too large for this browser.`;
      this.#failAll({ message, isCancelled: false });
    });
    this.#worker = worker;
    return worker;
  }

  #receive(event: Event): void {
    if (event.kind === 'reply') this.#settle(event);
    else if (event.kind === 'failed') this.#rejecters.get(event.id)?.(new RuntimeCallError(event.failure));
    else this.#onEvent(event);
    if (event.kind === 'failed') this.#rejecters.delete(event.id);
  }

  #settle<K extends CallKind>(reply: Reply<K>): void {
    const waiting = this.#resolvers[reply.to];
    this.#rejecters.delete(reply.id);
    waiting?.get(reply.id)?.(reply.value);
    waiting?.delete(reply.id);
  }

  #failAll(failure: Failure): void {
    const waiting = [...this.#rejecters.values()];
    this.#rejecters.clear();
    for (const reject of waiting) reject(new RuntimeCallError(failure));
  }
}
