// The page's end of the worker: one typed call, one typed subscription. The only place that makes the worker, on first use.
import type { CallKind, Calls, Event, Failure } from './protocol.ts';

/** Why a call failed, in words for the page. `isCancelled` when the person asked for it. */
export class CallError extends Error {
  readonly isCancelled: boolean;
  /** It is a matter of GPU memory. */
  readonly canFit: boolean;
  constructor({ message, isCancelled, canFit }: Failure) {
    super(message);
    this.name = 'CallError';
    this.isCancelled = isCancelled;
    this.canFit = canFit;
  }
}

type Reply<K extends CallKind = CallKind> = {
  [P in K]: { kind: 'reply'; to: P; id: number; value: Calls[P]['reply'] };
}[K];

/** Everything the worker tells unasked. */
export type WorkerEvent = Exclude<Event, { kind: 'reply' } | { kind: 'failed' }>;
type EventKind = WorkerEvent['kind'];
type EventOf<E extends EventKind> = { [P in E]: Extract<WorkerEvent, { kind: P }> }[E];

type Resolvers = { [K in CallKind]?: Map<number, (value: Calls[K]['reply']) => void> };
type Listeners = { [E in EventKind]: Set<(event: Extract<WorkerEvent, { kind: E }>) => void> };

const resolvers: Resolvers = {};
const rejecters = new Map<number, (error: CallError) => void>();
const listeners: Listeners = {
  device: new Set(),
  modelProgress: new Set(),
  dataProgress: new Set(),
  runStatus: new Set(),
  steps: new Set(),
  evaluated: new Set(),
  sampled: new Set(),
  token: new Set(),
  judged: new Set(),
  evaluating: new Set(),
  analysed: new Set(),
  exportProgress: new Set(),
  pushProgress: new Set(),
  importProgress: new Set(),
};
let worker: Worker | null = null;
let lastId = 0;

/** Sends one command; resolves with its reply, rejects with a CallError. */
export function call<K extends CallKind>(kind: K, request: Calls[K]['request']): Promise<Calls[K]['reply']> {
  const id = ++lastId;
  return new Promise((resolve, reject) => {
    const waiting: Resolvers[K] = resolvers[kind] ?? new Map();
    resolvers[kind] = waiting;
    waiting.set(id, (value) => {
      rejecters.delete(id);
      resolve(value);
    });
    rejecters.set(id, (error) => {
      waiting.delete(id);
      reject(error);
    });
    openWorker().postMessage({ ...request, kind, id });
  });
}

/** Calls `listener` at every event of this kind, until the returned function is called. */
export function onEvent<E extends EventKind>(kind: E, listener: (event: EventOf<E>) => void): () => void {
  const known = listeners[kind];
  known.add(listener);
  return () => {
    known.delete(listener);
  };
}

function openWorker(): Worker {
  if (worker !== null) return worker;
  worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
  worker.addEventListener('message', ({ data }: MessageEvent<Event>) => receive(data));
  worker.addEventListener('error', (event) => {
    event.preventDefault();
    failAll(
      `The training worker stopped: ${event.message || 'it could not start'}. Saved runs are kept; reload the page.`,
    );
  });
  return worker;
}

function receive(event: Event): void {
  if (event.kind === 'reply') settle(event);
  else if (event.kind === 'failed') rejecters.get(event.id)?.(new CallError(event.failure));
  else announce(event);
  if (event.kind === 'failed') rejecters.delete(event.id);
}

function settle<K extends CallKind>(reply: Reply<K>): void {
  const waiting = resolvers[reply.to];
  waiting?.get(reply.id)?.(reply.value);
  waiting?.delete(reply.id);
}

function announce<E extends EventKind>(event: EventOf<E>): void {
  for (const listener of listeners[event.kind]) listener(event);
}

function failAll(message: string): void {
  const waiting = [...rejecters.values()];
  rejecters.clear();
  for (const reject of waiting) reject(new CallError({ message, isCancelled: false, canFit: false }));
}
