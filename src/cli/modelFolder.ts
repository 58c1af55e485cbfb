// A model folder or GGUF file of this machine: first everything about it that can be wrong, then, on the GPU, its weights.
import { basename, dirname, resolve } from 'node:path';
import { type ByteSource, readText } from '../formats/byteSource.ts';
import { FormatError } from '../formats/formatError.ts';
import { ggufHubId } from '../formats/ggufModel.ts';
import { areShardsOfOne, isGguf } from '../formats/ggufShards.ts';
import { parseJsonObject } from '../formats/json.ts';
import type { ModelFolder } from '../formats/modelFolder.ts';
import { openModelFolder, openWeights } from '../formats/openModel.ts';
import type { WeightFiles } from '../formats/weightFiles.ts';
import { Gpu } from '../gpu/device.ts';
import { OutOfGpuMemoryError } from '../gpu/errors.ts';
import { type Architecture, architectureOf } from '../model/architecture.ts';
import { declareModel, type FrozenModel } from '../model/frozenModel.ts';
import { checkStored, loadModel } from '../model/loadModel.ts';
import { headAsStored } from '../model/storedHead.ts';
import { keptAsF16Text, type WeightStorage } from '../model/weightStorage.ts';
import { weightOptions } from '../training/weightOptions.ts';
import { existing, fileSource, folderSources } from './fileSource.ts';
import { cachedFrom, onThisMachine } from './hub/hubCache.ts';
import { openNodeAdapter } from './nodeGpu.ts';
import { progressBar } from './progress.ts';
import { readShaderFiles } from './shaderFiles.ts';
import { tuneForNode } from './tuning.ts';
import { checkMachineHolds, weightsText } from './weightsRoom.ts';

export interface LocalModel {
  /** As it was given: a path, or a Hub id. */
  readonly path: string;
  /** The folder or file on this machine. */
  readonly onDisk: string;
  /** Where it came from: the Hub id that was given, or that a GGUF file names. */
  readonly hubId: string | undefined;
  /** The branch, tag or commit that was asked for; undefined for main, and for what is no Hub id. */
  readonly revision: string | undefined;
  readonly folder: ModelFolder<ByteSource>;
  readonly configText: string;
  readonly architecture: Architecture;
  readonly weights: WeightFiles;
}

/** The files of a folder; or a GGUF file, with the shards that lie beside it. Throws InputError. */
async function modelSources(path: string): Promise<ByteSource[]> {
  if (!isGguf(path) || existing(path).isDirectory()) return folderSources(path);
  const file = fileSource(path);
  const shards = (await folderSources(dirname(path))).filter((other) =>
    areShardsOfOne({ name: basename(other.name) }, { name: basename(path) }),
  );
  return shards.length > 0 ? shards : [file];
}

/**
 * Reads config.json (of a GGUF file: its metadata) and the headers of the weights, and checks that they fit each other.
 * A Hub id is downloaded first. Throws FormatError, ModelError, HubError or InputError, naming the file.
 */
export async function openLocalModel(path: string): Promise<LocalModel> {
  const onDisk = await onThisMachine(path);
  const folder = await openModelFolder(await modelSources(onDisk));
  if (folder.kind === 'adapter') {
    throw new FormatError(folder.config.name, 'this is an adapter; give its base model as --model');
  }
  const configText = await readText(folder.config);
  const said = architectureOf(parseJsonObject(configText, folder.config.name), folder.config.name);
  const weights = await openWeights(folder);
  const architecture = await headAsStored(said, weights);
  checkStored(declareModel(architecture, 'f32', Number.MAX_SAFE_INTEGER), weights);
  const from = cachedFrom(resolve(onDisk));
  const hubId = from?.repo ?? (weights.isGguf ? await ggufHubId(folder.weights) : undefined);
  const revision = from?.revision === 'main' ? undefined : from?.revision;
  return { path, onDisk, hubId, revision, folder, configText, architecture, weights };
}

/** Opens the GPU, loads the weights and calls `use`. Rejects as `withGpu`. */
export function withLoadedModel<T>(
  local: LocalModel,
  storage: WeightStorage,
  use: (gpu: Gpu, model: FrozenModel) => Promise<T>,
): Promise<T> {
  return withGpu(async (gpu) => use(gpu, await loadLocal(gpu, local, storage)));
}

/** The weights on the GPU, with a bar on standard error. */
export async function loadLocal(gpu: Gpu, local: LocalModel, storage: WeightStorage): Promise<FrozenModel> {
  const model = declareModel(local.architecture, storage, gpu.limits.maxStorageBufferBindingSize, local.weights);
  if (model.keptAsF16.length > 0) process.stderr.write(`${keptAsF16Text(storage, model.keptAsF16)}\n`);
  const options = weightOptions(local.architecture, local.weights, gpu.limits.maxStorageBufferBindingSize);
  checkMachineHolds(options, storage, gpu.adapter.isSoftware);
  const bar = progressBar('Loading');
  try {
    await loadModel(gpu, model, local.weights, { onProgress: (p) => bar.show(p.doneBytes, p.totalBytes) });
  } catch (error) {
    if (!(error instanceof OutOfGpuMemoryError)) throw error;
    throw new OutOfGpuMemoryError(`${error.message}. ${weightsText(options, storage)}`);
  }
  bar.end();
  return model;
}

/**
 * Opens the GPU, says which on standard error, and calls `use`. Rejects with DeviceLostError when the GPU goes away
 * meanwhile.
 */
export async function withGpu<T>(use: (gpu: Gpu) => Promise<T>): Promise<T> {
  const node = await openNodeAdapter();
  process.stderr.write(`Running on ${node.describe}\n`);
  const gpu = await Gpu.open(node.adapter, readShaderFiles());
  try {
    return await Promise.race([
      tuneForNode(gpu).then(() => use(gpu)),
      gpu.lost.then((error) => {
        throw error;
      }),
    ]);
  } finally {
    gpu.destroy();
  }
}
