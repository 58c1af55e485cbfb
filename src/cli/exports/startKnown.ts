// A run from step 0 on a model that is known by its Hub id and too large to fetch here: its shapes are known, its rows leave
// as text, and train.py encodes them with its own tokenizer.
import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import { layOutAdapters } from '../../adapters/adapterSet.ts';
import { continueFolder } from '../../continue/continueFolder.ts';
import { architectureOfKnown, KNOWN_MODELS } from '../../continue/planning/knownModels.ts';
import { parametersOf } from '../../continue/planning/machineMemory.ts';
import { readExamples } from '../../data/dataset.ts';
import { typedTemplate } from '../../data/template.ts';
import { FIRST_ROWS } from '../../data/types.ts';
import { dataFile } from '../dataFile.ts';
import type { Flags } from '../flags.ts';
import { InputError } from '../inputError.ts';
import { machinesNote, machinesOf } from '../machines.ts';
import { mappingOf } from '../mappingFlags.ts';
import { readPythonFiles } from '../pythonFiles.ts';
import { newAdapterSpec, trainingSettings } from '../trainFlags.ts';
import { validationOf } from '../trainingRun.ts';
import type { Exported } from './exportFormat.ts';

/** Below this a model is fetched, and its rows are encoded here. */
const LARGE_PARAMETERS = 5e9;

/** Undefined where --model is not such a one. Throws InputError and what the data throws. */
export async function startKnown(flags: Flags): Promise<Exported | undefined> {
  const id = flags.text('model');
  const model = KNOWN_MODELS.find((known) => known.id === id);
  if (id === undefined || !model || existsSync(id) || flags.has('run')) return undefined;
  const architecture = architectureOfKnown(model);
  if (parametersOf(architecture) < LARGE_PARAMETERS) return undefined;
  if (!model.isOnHub) throw new InputError(`--model: ${model.title} has no public weights to train`);
  if (flags.has('init-adapter')) throw new InputError(`--init-adapter: ${id} starts from a new adapter`);
  const training = trainingSettings(flags);
  const spec = newAdapterSpec(flags);
  const machines = machinesOf(flags);
  const path = flags.required('data');
  const validation = validationOf(flags) ?? 0;
  const template = flags.text('template');
  const { train, validation: held } = await readExamples(dataFile(path), {
    ...(template === undefined ? {} : { prompt: { kind: 'template', template: typedTemplate(template) } }),
    firstRow: flags.choice('first-row', FIRST_ROWS),
    mapping: mappingOf(flags),
    validation: typeof validation === 'string' ? dataFile(validation) : validation,
    seed: training.seed,
  });
  const [layout] = layOutAdapters(architecture, [spec]);
  if (!layout) throw new RangeError('startKnown: no layout');
  const name = basename(flags.required('out'));
  const data = { name: basename(path), template: template ?? '', train, validation: held };
  const files = await continueFolder(
    {
      name,
      architecture,
      layout,
      base: { kind: 'hub', id, revision: null, weights: 'f32', rounding: {} },
      baseFiles: [],
      training,
      state: undefined,
      data: { ...data, isEncoded: false },
      card: {
        title: name,
        baseModel: id,
        isOnHub: true,
        data: { name: data.name, pairs: train.length, validationPairs: held.length },
        settings: [],
        results: [],
      },
      metrics: [],
      evaluations: [],
      dtype: 'bfloat16',
      machines,
    },
    readPythonFiles(),
  );
  return { files, notes: machines ? [machinesNote(architecture, spec, training, machines, 'bfloat16')] : [] };
}
