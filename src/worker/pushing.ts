// A run's export into a repository on the Hub, with a model card and the picture of its loss.
import { piecesOf } from '../formats/pieces.ts';
import type { ZipEntry } from '../formats/zipWriter.ts';
import { pushFiles } from '../hub/push.ts';
import { parsePushId } from '../hub/pushRepo.ts';
import { breathing } from './breathing.ts';
import { cancellable } from './cancelling.ts';
import { exportEntries } from './exportEntries.ts';
import { keptRun } from './library.ts';
import { post } from './post.ts';
import type { PushProgress } from './protocol/hub.ts';
import type { Calls } from './protocol.ts';
import { pushedCard } from './pushCard.ts';
import { wholeModelOfRun } from './runModel.ts';
import { readMetrics } from './runs.ts';

type PushCall = Calls['pushRun'];

/** Fails with what the Hub says and what to do; what was uploaded by then need not be uploaded again. */
export function pushRun({ what, to }: PushCall['request']): Promise<PushCall['reply']> {
  return cancellable('push', async (signal) => {
    const repo = parsePushId(to.repo);
    const report = (file: string, doneBytes: number, totalBytes: number) =>
      post({ kind: 'pushProgress', progress: { phase: 'base', file, doneBytes, totalBytes } });
    const { entries } = await exportEntries(what, (run) => wholeModelOfRun(run, report, signal));
    const run = await keptRun(what.runId);
    const card = await pushedCard(run, what, repo, entries, await readMetrics(run.id));
    const result = await pushFiles(
      {
        repo,
        files: withFiles(entries, card).map((entry) => breathed(entry, signal)),
        message: `${run.name}, from Rankwise`,
        revision: to.revision,
        isPrivate: to.isPrivate,
      },
      {
        token: to.token,
        signal,
        onProgress: seldom((progress) => post({ kind: 'pushProgress', progress })),
        ...(to.endpoint === undefined ? {} : { endpoint: to.endpoint }),
      },
    );
    const { url, isNew, pushedFiles, pushedBytes, keptFiles } = result;
    return { url, isNew, pushedFiles, pushedBytes, keptFiles };
  });
}

/** The same file, read so that the worker hears of a cancellation meanwhile. */
function breathed(entry: ZipEntry, signal: AbortSignal): ZipEntry {
  async function* bytes(): AsyncGenerator<Uint8Array> {
    const breathe = breathing(signal);
    for await (const piece of piecesOf(entry.bytes())) {
      await breathe();
      yield piece;
    }
  }
  return { ...entry, bytes };
}

/** Later files take the place of earlier ones of their name. */
function withFiles(entries: readonly ZipEntry[], more: readonly ZipEntry[]): ZipEntry[] {
  const names = new Set(more.map(({ name }) => name));
  return [...entries.filter(({ name }) => !names.has(name)), ...more];
}

/** At most some twenty a second, and every change of what is done. */
function seldom(tell: (progress: PushProgress) => void): (progress: PushProgress) => void {
  let last = { key: '', at: 0 };
  return (progress) => {
    const key = `${progress.phase} ${progress.file}`;
    const now = performance.now();
    if (key === last.key && now - last.at < 50 && progress.doneBytes < progress.totalBytes) return;
    last = { key, at: now };
    tell(progress);
  };
}
