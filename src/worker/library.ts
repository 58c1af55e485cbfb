// The Library: runs kept across visits, with the live one in its newest state and those cut off by a closed page marked.
import { openRunLibrary, type RunLibrary } from '../storage/runLibrary.ts';
import { StorageError } from '../storage/storageError.ts';
import { WorkerError } from './failure.ts';
import { type KeptRun, recordOf } from './keptRun.ts';
import { memoryLibrary } from './memoryLibrary.ts';
import { post } from './post.ts';
import type { RunRecord, RunStatus } from './protocol/runs.ts';

let opened: Promise<RunLibrary<KeptRun>> | undefined;
/** Newer than what is stored: the runs that are open, by id. */
const live = new Map<string, KeptRun>();

export function library(): Promise<RunLibrary<KeptRun>> {
  opened ??= openRunLibrary<KeptRun>().catch((error: unknown) => {
    if (error instanceof StorageError && error.problem === 'unavailable') return memoryLibrary<KeptRun>();
    opened = undefined;
    throw error;
  });
  return opened;
}

/** Throws WorkerError when there is no such run. */
export async function keptRun(id: string): Promise<KeptRun> {
  const open = live.get(id);
  if (open) return open;
  const run = await (await library()).get(id);
  if (run) return run;
  throw new WorkerError('This run is not in the Library; it may have been deleted in another tab.');
}

export async function listRuns(): Promise<RunRecord[]> {
  const runs = await (await library()).list();
  const locked = await lockedRuns();
  const settled = runs.map(async (run) => {
    const open = live.get(run.id);
    if (open) return open;
    return isUnderWay(run.status) && !locked.has(run.id) ? markInterrupted(run) : run;
  });
  return (await Promise.all(settled)).map(recordOf);
}

/** The kept runs of a race, in order. */
export async function runsOfRace(raceId: string): Promise<KeptRun[]> {
  const runs = (await (await library()).list()).filter(({ race }) => race?.id === raceId);
  return runs.sort((a, b) => (a.race?.place ?? 0) - (b.race?.place ?? 0));
}

/** Tells the page of a run's newest state. */
export function tellRun(run: KeptRun): void {
  if (live.has(run.id) || isUnderWay(run.status)) live.set(run.id, run);
  post({ kind: 'runStatus', run: recordOf(run) });
}

/** Tells the page, and stores it. */
export async function updateRun(run: KeptRun): Promise<void> {
  tellRun(run);
  await (await library()).put(run);
}

/** No run is live any more. */
export function releaseLive(): void {
  live.clear();
}

export async function renameRun(id: string, name: string): Promise<RunRecord> {
  const trimmed = name.trim();
  if (trimmed === '') throw new WorkerError('A run needs a name.');
  const run = { ...(await keptRun(id)), name: trimmed };
  if (live.has(id)) live.set(id, run);
  await (await library()).rename(id, trimmed);
  return recordOf(run);
}

/** The newest name of a run: it may be renamed while it trains. */
export function currentName(run: KeptRun): string {
  return live.get(run.id)?.name ?? run.name;
}

function isUnderWay(status: RunStatus): boolean {
  return status === 'preparing' || status === 'running';
}

async function markInterrupted(run: KeptRun): Promise<KeptRun> {
  const marked: KeptRun = run.isResumable
    ? { ...run, status: 'paused', message: `The page was closed while this run trained; step ${run.step} is saved.` }
    : { ...run, status: 'failed', message: 'The page was closed before anything of this run was saved.' };
  await (await library()).put(marked);
  return marked;
}

const LOCK = 'rankwise-run-';

/** Runs that some tab has open. */
export async function lockedRuns(): Promise<Set<string>> {
  const held = (await navigator.locks?.query())?.held ?? [];
  return new Set(held.flatMap(({ name = '' }) => (name.startsWith(LOCK) ? name.slice(LOCK.length) : [])));
}

/** Marks a run as open in this tab until the returned function is called. */
export function lockRun(id: string): () => void {
  let release = () => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  void navigator.locks?.request(LOCK + id, () => released).catch(() => undefined);
  return release;
}
