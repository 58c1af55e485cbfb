// A PEFT adapter by its Hub id: what it is and which base it is for, then its files into the Library.
import { bytesSource } from '../formats/byteSource.ts';
import { type AdapterFolder, sortModelFiles } from '../formats/modelFolder.ts';
import { readAdapterConfig } from '../formats/peft.ts';
import { baseName } from '../formats/weightFiles.ts';
import { type DownloadSink, download } from '../hub/download.ts';
import { type HubFile, type HubRepo, listFiles, parseRepoId } from '../hub/hub.ts';
import { HubError } from '../hub/hubError.ts';
import type { HubOptions } from '../hub/hubRequest.ts';
import { zipBlob } from './adapterStore.ts';
import { cancellable } from './cancelling.ts';
import { WorkerError } from './failure.ts';
import { importAdapter } from './importing.ts';
import { BUILTIN_ID } from './modelSource.ts';
import { post } from './post.ts';
import type { HubAdapter, HubPlace } from './protocol/hub.ts';
import type { RunRecord } from './protocol/runs.ts';

/** Fetches the listing and adapter_config.json only. */
export function lookUpAdapter(place: HubPlace): Promise<HubAdapter> {
  return cancellable('import', async (signal) => {
    const options = optionsOf(place, signal);
    const { repo, folder } = await openRepo(place, options);
    const config = await readAdapterConfig(
      bytesSource(await fetchWhole(repo, folder.config, options), folder.config.name),
    );
    return {
      repo: repo.id,
      revision: place.revision,
      rank: config.rank,
      alpha: config.alpha,
      sizeBytes: folder.weights.sizeBytes,
      baseName: config.baseModel,
      base: baseOf(config.baseModel, config.revision),
    };
  });
}

/** Downloads the adapter and takes it in for the loaded model. Progress by `importProgress`. */
export function importHubAdapter(place: HubPlace): Promise<RunRecord> {
  return cancellable('import', async (signal) => {
    const options = optionsOf(place, signal);
    const { repo, folder } = await openRepo(place, options);
    const wanted = [folder.config, ...(folder.card ? [folder.card] : []), folder.weights];
    const totalBytes = wanted.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    const files: { name: string; bytes: Uint8Array<ArrayBuffer> }[] = [];
    let before = 0;
    for (const file of wanted) {
      const tell = (doneBytes: number) =>
        post({ kind: 'importProgress', file: file.name, doneBytes: before + doneBytes, totalBytes });
      files.push({ name: baseName(file.name), bytes: await fetchWhole(repo, file, options, tell) });
      before += file.sizeBytes;
    }
    const name = repo.id.split('/').at(-1) ?? repo.id;
    return importAdapter([new File([await zipBlob(files)], `${name}.zip`)]);
  });
}

function optionsOf({ token, endpoint }: HubPlace, signal: AbortSignal): HubOptions {
  return { signal, ...(token ? { token } : {}), ...(endpoint ? { endpoint } : {}) };
}

async function openRepo(
  { repo: id, revision }: HubPlace,
  options: HubOptions,
): Promise<{ repo: HubRepo; folder: AdapterFolder<HubFile> }> {
  const repo = await listFiles(id, revision, options);
  const folder = sortModelFiles<HubFile>(repo.files);
  if (folder.kind === 'adapter') return { repo, folder };
  if (folder.kind === 'gguf') {
    throw new WorkerError(
      `${repo.id} holds GGUF files: an adapter among them is downloaded from the Hub and imported here as a file, a model is loaded in Train.`,
    );
  }
  throw new WorkerError(`${repo.id} is a model, not an adapter: load it in Train, under Model.`);
}

/** The built-in model, or one on the Hub where the name could be an id; a path of somebody's disk is neither. */
function baseOf(name: string | null, revision: string | null): HubAdapter['base'] {
  if (name === null) return null;
  if (name === BUILTIN_ID) return { kind: 'builtin' };
  try {
    return { kind: 'hub', repo: parseRepoId(name), revision: revision ?? 'main' };
  } catch (error) {
    if (error instanceof HubError) return null;
    throw error;
  }
}

async function fetchWhole(
  repo: HubRepo,
  file: HubFile,
  options: HubOptions,
  onProgress: (receivedBytes: number) => void = () => {},
): Promise<Uint8Array<ArrayBuffer>> {
  const whole = new Uint8Array(file.sizeBytes);
  let sizeBytes = 0;
  const sink: DownloadSink = {
    get sizeBytes() {
      return sizeBytes;
    },
    async write(chunk) {
      whole.set(chunk, sizeBytes);
      sizeBytes += chunk.length;
    },
    async truncate(size) {
      sizeBytes = size;
    },
  };
  await download(repo, file, sink, { ...options, onProgress });
  return whole;
}
