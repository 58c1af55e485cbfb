// Taking a run away: what an export would be, and the export.
import { cancellable } from './cancelling.ts';
import { continueNotes } from './continuing.ts';
import { type BaseOf, exportEntries } from './exportEntries.ts';
import { downloadName, writeOut } from './exportWriting.ts';
import { failureOf } from './failure.ts';
import type { KeptRun } from './keptRun.ts';
import { keptRun } from './library.ts';
import { fileStem } from './names.ts';
import { post } from './post.ts';
import type { ExportPlan, ExportTarget, ExportWhat } from './protocol/exports.ts';
import type { Calls } from './protocol.ts';
import { bringModelOfRun, modelOfRun, wholeModelOfRun } from './runModel.ts';

export async function planExport(what: ExportWhat): Promise<ExportPlan> {
  let isBaseMissing = false;
  const baseOf = async (run: KeptRun) => {
    try {
      return await modelOfRun(run);
    } catch (error) {
      isBaseMissing = true;
      throw error;
    }
  };
  try {
    if (what.kind === 'continue') return await planContinuing(await keptRun(what.runId), baseOf);
    const leaving = await exportEntries(what, baseOf);
    const sizeBytes = leaving.entries.reduce((sum, entry) => sum + entry.sizeBytes, 0);
    return { kind: 'ready', fileName: downloadName(leaving), sizeBytes, notes: leaving.notes ?? [] };
  } catch (error) {
    return { kind: isBaseMissing ? 'needsBase' : 'refused', reason: failureOf(error).message };
  }
}

/** Its size is known only once all of the data is read again. */
async function planContinuing(run: KeptRun, baseOf: BaseOf): Promise<ExportPlan> {
  if (!run.origin) return { kind: 'refused', reason: 'It was trained elsewhere: its data and state are not here.' };
  await baseOf(run);
  const notes = await continueNotes(run);
  return { kind: 'ready', fileName: `${fileStem(run.name)}-continue.zip`, sizeBytes: null, notes };
}

export function exportRun(what: ExportWhat, to: ExportTarget): Promise<Calls['exportRun']['reply']> {
  return cancellable('export', async (signal) => {
    const report = (_file: string, doneBytes: number, totalBytes: number) =>
      post({ kind: 'exportProgress', phase: 'base', doneBytes, totalBytes });
    const leaving = await exportEntries(what, (run) => wholeModelOfRun(run, report, signal));
    const file = await writeOut(leaving, to, signal);
    return { fileName: to.kind === 'folder' && !leaving.isSingleFile ? leaving.stem : downloadName(leaving), file };
  });
}

export async function bringBase(runId: string, files: File[]): Promise<null> {
  await bringModelOfRun(await keptRun(runId), files);
  return null;
}
