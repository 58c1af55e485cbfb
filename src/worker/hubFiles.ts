// A model on the Hub: listed, its small files cached, its headers read by range before anything large is fetched.
import type { ByteSource } from '../formats/byteSource.ts';
import { WorkerError } from './failure.ts';
import type { ModelFiles } from './modelSource.ts';
import type { ModelSource } from './protocol.ts';

export async function openHubFiles(
  source: Extract<ModelSource, { kind: 'hub' }>,
  signal: AbortSignal,
): Promise<ModelFiles> {
  signal.throwIfAborted();
  const files: ByteSource[] = [];
  if (files.length === 0) throw new WorkerError(`${source.repo}: not yet`);
  return { name: source.repo, baseModelId: source.repo, revision: source.revision, files };
}
