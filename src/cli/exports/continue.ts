// `export --format continue`: a folder that goes on with a run of `train`, or starts one, on PyTorch. The flags of a new run
// are those of `train`.
import { basename } from 'node:path';
import { layOutAdapters } from '../../adapters/adapterSet.ts';
import { baseOf } from '../../continue/baseFiles.ts';
import { continueFolder } from '../../continue/continueFolder.ts';
import { type AdapterState, type ContinueRun, partingNotes, stepsOf } from '../../continue/continueRun.ts';
import type { ContinueData } from '../../continue/dataFiles.ts';
import type { ZipEntry } from '../../formats/zipWriter.ts';
import type { Flags } from '../flags.ts';
import { machinesNote, machinesOf } from '../machines.ts';
import { readMetrics } from '../metricsFile.ts';
import { cardInfo } from '../modelCard.ts';
import { readPythonFiles } from '../pythonFiles.ts';
import { findStateFolder, readSavedRun } from '../savedRun.ts';
import { TRAIN_FLAGS } from '../trainFlags.ts';
import { type Entrant, heatsOf, prepareRun, type Run, startOf, validationRowsOf } from '../trainingRun.ts';
import type { ExportFormat, ExportJob } from './exportFormat.ts';
import { startKnown } from './startKnown.ts';

const NOT_HERE = new Set(['model', 'out', 'resume', 'fit', 'memory', 'longest-submit']);
const RUN_FLAGS = Object.fromEntries(Object.entries(TRAIN_FLAGS).filter(([name]) => !NOT_HERE.has(name)));

export const continueElsewhere: ExportFormat = {
  dtypes: [],
  adapters: { least: 0, most: 0 },
  flags: { ...RUN_FLAGS, run: 'text', gpus: 'text', shard: 'text' },
  withoutModel: startKnown,
  async modelPath(flags) {
    const run = flags.text('run');
    return run === undefined ? undefined : (await readSavedRun(findStateFolder(run))).model;
  },
  async files({ flags, model }: ExportJob) {
    const machines = machinesOf(flags);
    const run = await prepareRun(asTraining(flags));
    const files: ZipEntry[] = [];
    const notes: string[] = [];
    for (const heat of heatsOf(run.saved)) {
      const entrants = run.entrants.slice(...heat);
      const { state, elapsedMs } = startOf(run, heat);
      const layouts = layOutAdapters(
        model.architecture,
        entrants.map(({ spec }) => spec),
      );
      for (const [i, entrant] of entrants.entries()) {
        const layout = layouts[i]!;
        const part = (flat: Float32Array) => flat.subarray(layout.start, layout.start + layout.count);
        const step = state.stopped.find(({ adapter }) => adapter === i)?.step ?? state.step;
        const own: AdapterState = {
          step,
          elapsedMs,
          parameters: part(state.parameters),
          moments: { first: part(state.first), second: state.second && part(state.second) },
        };
        const isFresh = step === 0 && !run.init;
        const folder = await folderOf(run, entrant, { layout, state: isFresh ? undefined : own, machines }, flags);
        files.push(...folder.map((entry) => inFolder(entrant.name, entry)));
        const steps = stepsOf(run.saved.training, run.dataset.train.rows.length);
        const parting = partingNotes({ dropout: entrant.spec.dropout, step, steps });
        notes.push(...parting.filter((note) => !notes.includes(note)));
        if (machines)
          notes.push(machinesNote(model.architecture, layout.spec, run.saved.training, machines, 'float32'));
      }
    }
    return { files, notes };
  },
};

/** --run is where `train` has --resume. */
function asTraining(flags: Flags): Flags {
  return { ...flags, text: (name) => flags.text(name === 'resume' ? 'run' : name === 'metrics' ? '' : name) };
}

async function folderOf(
  run: Run,
  entrant: Entrant,
  { layout, state, machines }: Pick<ContinueRun, 'layout' | 'state' | 'machines'>,
  flags: Flags,
): Promise<ZipEntry[]> {
  const { saved, local, dataset } = run;
  const training = { ...saved.training, learningRate: entrant.learningRate };
  const validation = validationRowsOf(dataset);
  const metricsPath = flags.text('metrics');
  const metrics = metricsPath === undefined ? [] : readMetrics(metricsPath, entrant.name, state?.step ?? 0);
  const { base, baseFiles } = baseOf({
    folder: local.folder,
    architecture: local.architecture,
    files: local.weights,
    weights: saved.weights,
    name: basename(local.path),
    hub:
      local.weights.isGguf || local.hubId === undefined
        ? undefined
        : { id: local.hubId, revision: local.revision ?? null },
  });
  const data: ContinueData = {
    name: basename(saved.data),
    template: saved.template ?? '',
    isEncoded: true,
    train: dataset.train,
    validation,
  };
  const name = entrant.name ?? basename(flags.text('run') ?? run.out);
  return continueFolder(
    {
      name,
      architecture: local.architecture,
      layout,
      base,
      baseFiles,
      training,
      state,
      data,
      card: cardInfo({
        out: name,
        model: local.hubId ?? basename(local.path),
        isOnHub: base.kind === 'hub',
        data: saved.data,
        rows: dataset.train.rows.length,
        validationRows: validation.length,
        training,
        weights: saved.weights,
        step: state?.step ?? 0,
        steps: stepsOf(training, dataset.train.rows.length),
        lastLoss: undefined,
        evaluation: undefined,
      }),
      metrics,
      evaluations: [],
      dtype: 'float32',
      machines,
    },
    readPythonFiles(),
  );
}

function inFolder(folder: string | undefined, entry: ZipEntry): ZipEntry {
  return folder === undefined ? entry : { ...entry, name: `${folder}/${entry.name}` };
}
