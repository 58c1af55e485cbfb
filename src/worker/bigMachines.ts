// Runs for machines bigger than a browser: planned by arithmetic, and taken away as a folder that starts there at step 0,
// with the data that is read here.
import { layOutAdapters } from '../adapters/adapterSet.ts';
import { continueFolder } from '../continue/continueFolder.ts';
import { bigPlan } from '../continue/planning/bigPlan.ts';
import { architectureOfKnown, KNOWN_MODELS, type KnownModel } from '../continue/planning/knownModels.ts';
import { parametersOf } from '../continue/planning/machineMemory.ts';
import { zipStream } from '../formats/zipWriter.ts';
import { targetPlaces } from '../model/linears.ts';
import { collectBlob } from './collectBlob.ts';
import { requireData } from './dataSession.ts';
import { WorkerError } from './failure.ts';
import { fileStem } from './names.ts';
import type { BigModel } from './protocol/bigMachines.ts';
import type { Calls } from './protocol.ts';
import { pythonFiles } from './pythonFiles.ts';
import { checkSettings, evaluatedRows, evenly } from './runPlanning.ts';

export function listBigModels(): BigModel[] {
  return KNOWN_MODELS.map((model) => {
    const a = architectureOfKnown(model);
    const targets = targetPlaces(a).map(({ target }) => target);
    return { id: model.id, title: model.title, isOnHub: model.isOnHub, parameters: parametersOf(a), targets };
  });
}

/** Throws WorkerError or AdapterError naming what is out of range. */
export function planBigRun({
  modelId,
  settings,
  machines,
}: Calls['planBigRun']['request']): Calls['planBigRun']['reply'] {
  const { adapter, training } = checkSettings(settings);
  const a = architectureOfKnown(knownModel(modelId));
  if (machines.length > a.maxPositions) {
    throw new WorkerError(`This model's positions end at ${a.maxPositions} tokens; choose shorter rows.`);
  }
  return bigPlan(a, adapter, { ...machines, targets: machines.length, optimizer: training.optimizer });
}

/** The rows as text: they are encoded there, with that model's own tokenizer, by the same rule. */
export async function exportBigRun(request: Calls['exportBigRun']['request']): Promise<Calls['exportBigRun']['reply']> {
  const { modelId, machines } = request;
  const settings = checkSettings(request.settings);
  const model = knownModel(modelId);
  if (!model.isOnHub) throw new WorkerError(`${model.title} has no public weights; choose another model.`);
  const { dataset, description } = requireData();
  const architecture = architectureOfKnown(model);
  const [layout] = layOutAdapters(architecture, [settings.adapter]);
  if (!layout) throw new WorkerError('Choose at least one matrix.');
  const training = { ...settings.training, checkpointing: machines.checkpointing, maxLength: machines.length };
  const held = dataset.validation?.examples ?? [];
  const template = description.prompt.kind === 'template' ? description.prompt.template : 'chat template';
  const name = `${model.title} on ${description.name}`;
  const entries = await continueFolder(
    {
      name,
      architecture,
      layout,
      base: { kind: 'hub', id: model.id, revision: null, weights: 'f32', rounding: {} },
      baseFiles: [],
      training,
      state: undefined,
      data: {
        name: description.name,
        template,
        isEncoded: false,
        train: dataset.train.examples,
        validation: evenly(held, evaluatedRows(training)),
      },
      card: {
        title: name,
        baseModel: model.id,
        isOnHub: true,
        data: { name: description.name, pairs: description.trainRows, validationPairs: held.length },
        settings: [],
        results: [],
      },
      metrics: [],
      evaluations: [],
      dtype: machines.dtype,
      machines,
    },
    await pythonFiles(),
  );
  const zip = await collectBlob(zipStream(entries), 'application/zip');
  return { fileName: `${fileStem(name)}.zip`, zip };
}

function knownModel(id: string): KnownModel {
  const model = KNOWN_MODELS.find((one) => one.id === id);
  if (model) return model;
  throw new WorkerError(`${id}: not among the models that plans are made for.`);
}
