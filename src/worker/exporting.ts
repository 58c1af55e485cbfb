// Taking a run away: what an export would be, and the export.
import { cancellable } from './cancelling.ts';
import { exportEntries } from './exportEntries.ts';
import { downloadName, writeOut } from './exportWriting.ts';
import { failureOf } from './failure.ts';
import type { KeptRun } from './keptRun.ts';
import { keptRun } from './library.ts';
import { post } from './post.ts';
import type { Calls, ExportPlan, ExportTarget, ExportWhat } from './protocol.ts';
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
    const leaving = await exportEntries(what, baseOf);
    const sizeBytes = leaving.entries.reduce((sum, entry) => sum + entry.sizeBytes, 0);
    return { kind: 'ready', fileName: downloadName(leaving), sizeBytes, notes: leaving.notes ?? [] };
  } catch (error) {
    return { kind: isBaseMissing ? 'needsBase' : 'refused', reason: failureOf(error).message };
  }
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
