// A model folder of this machine: first everything about it that can be wrong, then, on the GPU, its weights.
import { loadTokenizer, type TextTokenizer } from '../data/tokenizer.ts';
import { type ByteSource, readText } from '../formats/byteSource.ts';
import { FormatError } from '../formats/formatError.ts';
import { parseJsonObject } from '../formats/json.ts';
import { type ModelFolder, sortModelFiles } from '../formats/modelFolder.ts';
import { openWeightFiles, type WeightFiles } from '../formats/weightFiles.ts';
import { Gpu } from '../gpu/device.ts';
import { type Architecture, architectureOf } from '../model/architecture.ts';
import { declareModel, type FrozenModel, type WeightStorage } from '../model/frozenModel.ts';
import { checkStored, loadModel } from '../model/loadModel.ts';
import { folderSources } from './fileSource.ts';
import { openNodeAdapter } from './nodeGpu.ts';
import { progressBar } from './progress.ts';
import { readShaderFiles } from './shaderFiles.ts';

export interface LocalModel {
  /** As it was given. */
  readonly path: string;
  readonly folder: ModelFolder<ByteSource>;
  readonly configText: string;
  readonly architecture: Architecture;
  readonly weights: WeightFiles;
}

/**
 * Reads config.json and the headers of the weights, and checks that they fit each other. Throws FormatError, ModelError
 * or InputError, naming the file.
 */
export async function openLocalModel(path: string): Promise<LocalModel> {
  const folder = sortModelFiles(await folderSources(path));
  if (folder.kind === 'adapter') {
    throw new FormatError(folder.config.name, 'this is an adapter; give its base model as --model');
  }
  const configText = await readText(folder.config);
  const architecture = architectureOf(parseJsonObject(configText, folder.config.name), folder.config.name);
  const weights = await openWeightFiles(folder.weights);
  checkStored(declareModel(architecture, 'f32', Number.MAX_SAFE_INTEGER), weights);
  return { path, folder, configText, architecture, weights };
}

/** Throws FormatError or DataError, naming the file. */
export async function openTokenizer({ folder }: Pick<LocalModel, 'folder'>): Promise<TextTokenizer> {
  const json = async (file: ByteSource | undefined) => file && parseJsonObject(await readText(file), file.name);
  return loadTokenizer({
    tokenizer: await json(folder.tokenizer),
    tokenizerConfig: await json(folder.tokenizerConfig),
    generationConfig: await json(folder.generationConfig),
    ...(folder.chatTemplate ? { chatTemplate: await readText(folder.chatTemplate) } : {}),
  });
}

/**
 * Opens the GPU, says which on standard error, loads the weights and calls `use`. Rejects with DeviceLostError when the
 * GPU goes away meanwhile.
 */
export async function withLoadedModel<T>(
  local: LocalModel,
  storage: WeightStorage,
  use: (gpu: Gpu, model: FrozenModel) => Promise<T>,
): Promise<T> {
  const node = await openNodeAdapter();
  process.stderr.write(`Running on ${node.describe}\n`);
  const gpu = await Gpu.open(node.adapter, readShaderFiles());
  const work = async () => {
    const model = declareModel(local.architecture, storage, gpu.limits.maxStorageBufferBindingSize);
    const bar = progressBar('Loading');
    await loadModel(gpu, model, local.weights, { onProgress: (p) => bar.show(p.doneBytes, p.totalBytes) });
    bar.end();
    return use(gpu, model);
  };
  try {
    return await Promise.race([
      work(),
      gpu.lost.then((error) => {
        throw error;
      }),
    ]);
  } finally {
    gpu.destroy();
  }
}
