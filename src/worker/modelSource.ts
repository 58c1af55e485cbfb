// A model's files, wherever they are, as byte sources; and what its config and headers say before any weight is read.
import { type ByteSource, blobSource, readText } from '../formats/byteSource.ts';
import { FormatError } from '../formats/formatError.ts';
import { ggufHubId } from '../formats/ggufModel.ts';
import { ggufStem } from '../formats/ggufShards.ts';
import { isJsonObject, type JsonObject, parseJsonObject } from '../formats/json.ts';
import { type ModelFolder, sortModelFiles } from '../formats/modelFolder.ts';
import { openModelFolder, openWeights } from '../formats/openModel.ts';
import type { WeightFiles } from '../formats/weightFiles.ts';
import { type Architecture, architectureOf } from '../model/architecture.ts';
import { headAsStored } from '../model/storedHead.ts';
import { BUILTIN_MODEL_FILES, fetchBuiltin } from './builtinFiles.ts';
import { openHubFiles } from './hubFiles.ts';
import type { ModelFiles } from './modelFiles.ts';
import type { ModelSource } from './protocol/model.ts';

/** What adapters name as their base where it is the built-in model. */
export const BUILTIN_ID = 'rankwise-builtin';

/** A model whose config, tokenizer settings and headers were read. */
export interface OpenedModel {
  readonly files: ModelFiles;
  readonly folder: ModelFolder<ByteSource>;
  readonly config: JsonObject;
  readonly architecture: Architecture;
  readonly weights: WeightFiles;
}

export async function openModelFiles(source: ModelSource, signal: AbortSignal): Promise<ModelFiles> {
  switch (source.kind) {
    case 'builtin': {
      const blobs = await builtinBlobs();
      const files = blobs.map(({ blob, name }) => blobSource(blob, name));
      return { name: 'Built-in model', baseModelId: BUILTIN_ID, revision: null, files };
    }
    case 'files': {
      const pathOf = (file: File) => file.webkitRelativePath || file.name;
      const [first] = source.files;
      const folder = first && pathOf(first).includes('/') ? pathOf(first).split('/')[0] : undefined;
      const files = source.files.map((file) => blobSource(file, pathOf(file)));
      const sorted = sortModelFiles(files);
      if (sorted.kind === 'gguf') {
        const [first] = sorted.files;
        const name = first ? ggufStem(first) : 'Local model';
        return { name, baseModelId: (await ggufHubId(sorted.files)) ?? name, revision: null, files: sorted.files };
      }
      const name = folder ?? (await nameFromConfig(files)) ?? 'Local model';
      return { name, baseModelId: name, revision: null, files };
    }
    case 'hub':
      return openHubFiles(source, signal);
    default:
      return source satisfies never;
  }
}

let builtin: Promise<{ name: string; blob: Blob }[]> | undefined;

function builtinBlobs(): Promise<{ name: string; blob: Blob }[]> {
  builtin ??= Promise.all(
    BUILTIN_MODEL_FILES.map(async (name) => ({ name, blob: await fetchBuiltin(`model/${name}`) })),
  ).catch((error: unknown) => {
    builtin = undefined;
    throw error;
  });
  return builtin;
}

/** The name that transformers left in the config, without its owner. */
async function nameFromConfig(files: readonly ByteSource[]): Promise<string | undefined> {
  const file = files.find(({ name }) => name.endsWith('config.json') && !name.includes('_'));
  if (!file) return undefined;
  const { _name_or_path: path } = parseJsonObject(await readText(file), file.name);
  return typeof path === 'string' && path !== '' ? path.split('/').at(-1) : undefined;
}

/** Reads config and headers. Throws FormatError or ModelError, naming the file. */
export async function openModel(files: ModelFiles, sources: readonly ByteSource[] = files.files): Promise<OpenedModel> {
  const folder = await openModelFolder(sources);
  if (folder.kind === 'adapter') {
    throw new FormatError(
      folder.config.name,
      'this is an adapter; import it in the Library, and load its base model here',
    );
  }
  const config = parseJsonObject(await readText(folder.config), folder.config.name);
  const said = architectureOf(config, folder.config.name);
  const weights = await openWeights(folder);
  return { files, folder, config, architecture: await headAsStored(said, weights), weights };
}

/** Whether conversations can be rendered, by the presence of a template alone. */
export async function hasChatTemplate({ chatTemplate, tokenizerConfig }: ModelFolder<ByteSource>): Promise<boolean> {
  if (chatTemplate) return true;
  if (!tokenizerConfig) return false;
  const json: unknown = JSON.parse(await readText(tokenizerConfig));
  return isJsonObject(json) && Boolean(json.chat_template);
}
