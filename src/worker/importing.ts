// An adapter trained elsewhere becomes a run of the Library, kept as it came (a GGUF one as a PEFT folder). One that went on
// elsewhere from a run of ours comes back with its settings, results and curve.
import { layOutAdapters, trainableParameters } from '../adapters/adapterSet.ts';
import { readAdapter, writeAdapter } from '../adapters/peftFolder.ts';
import { type ByteSource, blobSource, readText } from '../formats/byteSource.ts';
import { isGguf } from '../formats/ggufShards.ts';
import { sortModelFiles } from '../formats/modelFolder.ts';
import { baseName } from '../formats/weightFiles.ts';
import { openZip } from '../formats/zipReader.ts';
import { DEFAULT_RUN_SETTINGS } from '../training/settings.ts';
import { cardInfo } from './adapterCardInfo.ts';
import { storeAdapter } from './adapterStore.ts';
import { readContinuedRun } from './continuedRun.ts';
import { WorkerError } from './failure.ts';
import { type KeptRun, modelOrigin, recordOf } from './keptRun.ts';
import { library } from './library.ts';
import { requireModel } from './modelSession.ts';
import type { RunRecord } from './protocol/runs.ts';
import { NO_MEMORY } from './runPlanning.ts';

/** Throws FormatError where it is not an adapter for the loaded model. */
export async function importAdapter(files: readonly File[]): Promise<RunRecord> {
  const { description, frozen, storage, source, mark } = requireModel();
  const sources = await sourcesOf(files);
  refuseOthers(sources);
  const adapter = await readAdapter(sources, frozen.architecture);
  const { spec, config } = adapter;
  const folder = sortModelFiles(sources);
  if (folder.kind === 'model') throw new WorkerError('This is a model, not an adapter; load it in Train.');
  const [layout] = layOutAdapters(frozen.architecture, [spec]);
  if (!layout) throw new WorkerError('The adapter has no matrices.');
  const isGgufFile = folder.kind === 'gguf';
  const card = isGgufFile ? undefined : folder.card;
  const kept = isGgufFile ? folder.files : [folder.config, folder.weights, ...(card ? [card] : [])];
  const [first] = kept;
  const continued = isGgufFile ? undefined : await readContinuedRun(sources, folder.config.name);
  const run: KeptRun = {
    id: crypto.randomUUID(),
    name: continued?.name ?? (await titleOf(card)) ?? nameOf(files, first?.name ?? ''),
    createdAt: Date.now(),
    status: 'finished',
    message:
      config.baseModel && config.baseModel !== description.baseModelId ? `Its config names ${config.baseModel}.` : null,
    model: {
      name: description.name,
      baseModelId: description.baseModelId,
      modelType: description.modelType,
      weights: storage,
      source: source.kind,
    },
    data: { name: 'trained elsewhere', trainRows: 0, validationRows: 0, template: '', taskId: null },
    settings: {
      adapter: {
        rank: spec.rank,
        alpha: spec.alpha,
        dropout: spec.dropout,
        useRslora: spec.useRslora,
        targets: [...spec.targets],
        ...(spec.layers ? { layers: [spec.layers[0], spec.layers[1]] } : {}),
      },
      training: DEFAULT_RUN_SETTINGS.training,
    },
    plan: {
      trainableParameters: trainableParameters(layout),
      modelParameters: description.parameters,
      adapterFileBytes: kept.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
      steps: 0,
      stepsPerEpoch: 0,
      memory: NO_MEMORY,
      refusal: null,
      canFit: false,
    },
    step: 0,
    steps: 0,
    elapsedMs: 0,
    lastLoss: null,
    evaluations: [],
    samples: [],
    accuracy: null,
    isResumable: false,
    base: modelOrigin({ source, mark }),
    hasAdapter: true,
    isImported: continued === undefined,
    ...continued?.record,
  };
  if (isGgufFile) {
    const written = await writeAdapter(frozen.architecture, layout, adapter.parametersFor(layout), cardInfo(run));
    // How it was trained is not known, so it gets no model card.
    await storeAdapter(
      run.id,
      written.filter(({ name }) => name !== 'README.md'),
    );
  } else await storeAdapter(run.id, await filesOf(kept));
  if (continued) await (await library()).appendMetrics(run.id, continued.metrics);
  await (await library()).put(run);
  return recordOf(run);
}

/** Before anything is read: what is neither a PEFT folder nor a GGUF file. */
function refuseOthers(sources: readonly ByteSource[]): void {
  const names = sources.map(({ name }) => baseName(name));
  if (names.some((name) => name === 'adapter_config.json' || name === 'config.json' || isGguf(name))) return;
  const got = names.slice(0, 5).join(', ');
  throw new WorkerError(
    `adapter_config.json: missing (got ${got}); choose the whole PEFT folder, its zip, or a GGUF LoRA adapter.`,
  );
}

function filesOf(kept: readonly ByteSource[]) {
  return Promise.all(
    kept.map(async (file) => ({ name: baseName(file.name), bytes: await file.read(0, file.sizeBytes) })),
  );
}

async function sourcesOf(files: readonly File[]): Promise<readonly ByteSource[]> {
  const [first] = files;
  if (first && files.length === 1 && /\.zip$/i.test(first.name)) return openZip(blobSource(first, first.name));
  return files.map((file) => blobSource(file, file.webkitRelativePath || file.name));
}

/** Heading of the model card that PEFT writes where nobody filled it in. */
const EMPTY_TITLE = 'Model Card for Model ID';

/** The first heading of its model card. */
async function titleOf(card: ByteSource | undefined): Promise<string | undefined> {
  if (!card) return undefined;
  const text = (await readText(card)).replace(/^---\n.*?\n---\n/s, '');
  const title = /^# (.+)$/m.exec(text)?.[1]?.replaceAll('\\', '').trim();
  return title === EMPTY_TITLE ? undefined : title;
}

function nameOf(files: readonly File[], configPath: string): string {
  const folder = configPath.split('/').at(-2);
  const zip = files.length === 1 ? files[0]?.name.replace(/\.(zip|gguf)$/i, '') : undefined;
  return folder ?? zip ?? 'Imported adapter';
}
