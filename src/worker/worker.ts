// The worker's entry: takes commands, answers each with one reply or failure. What they do is in the files beside.

import { estimateStorage } from '../storage/storageError.ts';
import { analyseAmplification, analyseUpdates, compareSubspaces, readKeptAnalysis } from './analysing.ts';
import { exportBigRun, listBigModels, planBigRun } from './bigMachines.ts';
import { listTasks } from './builtinFiles.ts';
import { cancel } from './cancelling.ts';
import { previewRows, readData } from './dataSession.ts';
import { openDevice } from './device.ts';
import { evaluateRuns, readEvaluation } from './evaluating.ts';
import { bringBase, exportRun, planExport } from './exporting.ts';
import { failureOf } from './failure.ts';
import { fitRun } from './fitting.ts';
import { importHubAdapter, lookUpAdapter } from './hubAdapter.ts';
import { deleteCachedModel, listKept, listShelf } from './hubCache.ts';
import { importAdapter } from './importing.ts';
import { judgeTask } from './judging.ts';
import { listRuns, renameRun } from './library.ts';
import { readLogits } from './logitsReading.ts';
import { timeMerged } from './mergedTiming.ts';
import { describeModel, loadModel } from './modelSession.ts';
import { setPace } from './pacing.ts';
import { generate } from './playground.ts';
import { post } from './post.ts';
import type { Command } from './protocol.ts';
import { pushRun } from './pushing.ts';
import { planRun } from './racePlanning.ts';
import { deleteRun, dropRun, pauseRun, readMetrics, resumeRun, startRun, stopRun } from './runs.ts';
import { readSettings } from './settingsFile.ts';
import { runSql } from './sqlite.ts';
import { taskExamples } from './taskRows.ts';

self.addEventListener('message', ({ data }: MessageEvent<Command>) => {
  answer(data).catch((error: unknown) => post({ kind: 'failed', id: data.id, failure: failureOf(error) }));
});

async function answer(command: Command): Promise<void> {
  const { id } = command;
  const reply = { kind: 'reply', id } as const;
  switch (command.kind) {
    case 'openDevice':
      return post({ ...reply, to: command.kind, value: await openDevice() });
    case 'describeModel':
      return post({ ...reply, to: command.kind, value: await describeModel(command.source) });
    case 'loadModel':
      return post({ ...reply, to: command.kind, value: await loadModel(command.source, command.weights) });
    case 'listTasks':
      return post({ ...reply, to: command.kind, value: await listTasks() });
    case 'readData':
      return post({ ...reply, to: command.kind, value: await readData(command.source, command.options) });
    case 'previewRows':
      return post({ ...reply, to: command.kind, value: previewRows(command.from, command.count) });
    case 'setPace':
      return post({ ...reply, to: command.kind, value: setPace(command.longestSubmitMs) });
    case 'fitRun':
      return post({ ...reply, to: command.kind, value: await fitRun(command) });
    case 'planRun':
      return post({ ...reply, to: command.kind, value: await planRun(command) });
    case 'startRun':
      return post({ ...reply, to: command.kind, value: await startRun(command) });
    case 'dropRun':
      return post({ ...reply, to: command.kind, value: await dropRun(command.runId) });
    case 'pauseRun':
      return post({ ...reply, to: command.kind, value: await pauseRun(command.runId) });
    case 'resumeRun':
      return post({ ...reply, to: command.kind, value: await resumeRun(command.runId, command.steps) });
    case 'stopRun':
      return post({ ...reply, to: command.kind, value: await stopRun(command.runId) });
    case 'listRuns':
      return post({ ...reply, to: command.kind, value: await listRuns() });
    case 'readMetrics':
      return post({ ...reply, to: command.kind, value: await readMetrics(command.runId) });
    case 'renameRun':
      return post({ ...reply, to: command.kind, value: await renameRun(command.runId, command.name) });
    case 'deleteRun':
      return post({ ...reply, to: command.kind, value: await deleteRun(command.runId) });
    case 'cancel':
      cancel(command.what);
      return post({ ...reply, to: command.kind, value: null });
    case 'listShelf':
      return post({ ...reply, to: command.kind, value: await listShelf() });
    case 'listKept':
      return post({ ...reply, to: command.kind, value: await listKept() });
    case 'deleteCachedModel':
      return post({ ...reply, to: command.kind, value: await deleteCachedModel(command.repo) });
    case 'storageUsed': {
      const { usedBytes, quotaBytes = 0 } = await estimateStorage();
      return post({ ...reply, to: command.kind, value: { usedBytes, quotaBytes } });
    }
    case 'generate':
      return post({ ...reply, to: command.kind, value: await generate(command) });
    case 'taskExamples':
      return post({
        ...reply,
        to: command.kind,
        value: await taskExamples(command.taskId, command.count, command.seed),
      });
    case 'runSql':
      return post({ ...reply, to: command.kind, value: await runSql(command.table, command.query) });
    case 'judgeTask':
      return post({ ...reply, to: command.kind, value: await judgeTask(command) });
    case 'evaluateRuns':
      return post({ ...reply, to: command.kind, value: await evaluateRuns(command) });
    case 'readEvaluation':
      return post({ ...reply, to: command.kind, value: await readEvaluation(command) });
    case 'timeMerged':
      return post({ ...reply, to: command.kind, value: await timeMerged(command) });
    case 'writeOnnxGraph': {
      const { writeOnnxGraph } = await import('./onnxGraphs.ts');
      return post({ ...reply, to: command.kind, value: await writeOnnxGraph(command) });
    }
    case 'readLogits':
      return post({ ...reply, to: command.kind, value: await readLogits(command) });
    case 'readSettings':
      return post({ ...reply, to: command.kind, value: readSettings(command.text) });
    case 'keptAnalysis':
      return post({ ...reply, to: command.kind, value: await readKeptAnalysis(command.runId) });
    case 'analyseUpdates':
      return post({ ...reply, to: command.kind, value: await analyseUpdates(command.runId) });
    case 'analyseAmplification':
      return post({ ...reply, to: command.kind, value: await analyseAmplification(command.runId) });
    case 'compareSubspaces':
      return post({ ...reply, to: command.kind, value: await compareSubspaces(command) });
    case 'planExport':
      return post({ ...reply, to: command.kind, value: await planExport(command.what) });
    case 'exportRun':
      return post({ ...reply, to: command.kind, value: await exportRun(command.what, command.to) });
    case 'bringBase':
      return post({ ...reply, to: command.kind, value: await bringBase(command.runId, command.files) });
    case 'pushRun':
      return post({ ...reply, to: command.kind, value: await pushRun(command) });
    case 'listBigModels':
      return post({ ...reply, to: command.kind, value: listBigModels() });
    case 'planBigRun':
      return post({ ...reply, to: command.kind, value: planBigRun(command) });
    case 'exportBigRun':
      return post({ ...reply, to: command.kind, value: await exportBigRun(command) });
    case 'importAdapter':
      return post({ ...reply, to: command.kind, value: await importAdapter(command.files) });
    case 'lookUpAdapter':
      return post({ ...reply, to: command.kind, value: await lookUpAdapter(command.place) });
    case 'importHubAdapter':
      return post({ ...reply, to: command.kind, value: await importHubAdapter(command.place) });
    default:
      return command satisfies never;
  }
}
