/** A file on the Hub that is read where it is wanted, before it is downloaded: headers, by which a model is described. */
import { type ByteSource, checkRange } from '../formats/byteSource.ts';
import { checkSize } from './download.ts';
import { type HubFile, type HubRepo, repoUrl, resolveUrl } from './hub.ts';
import { HubError, networkError } from './hubError.ts';
import { fetchOnce, type HubOptions, Retryable, withRetries } from './hubRequest.ts';

/** Reading throws a HubError, or the signal's reason. */
export function rangedFile(repo: HubRepo, file: HubFile, options: HubOptions): ByteSource {
  const what = `${file.name} of ${repo.id}`;
  const { endpoint } = repo;
  const url = resolveUrl(repo.id, repo.commit, file.name, endpoint);
  const readOnce = async (offset: number, length: number) => {
    const range = { Range: `bytes=${offset}-${offset + length - 1}` };
    const response = await fetchOnce(url, what, repoUrl(repo.id, endpoint), { ...options, endpoint }, range);
    if (response.status !== 206) {
      await response.body?.cancel();
      const remedy = 'take another server, or download the files and choose them here';
      throw new HubError('serverFailed', `${what}: ${new URL(endpoint).host} sends no parts of files; ${remedy}`);
    }
    checkSize(response, offset, file.sizeBytes, what);
    const whole = await response.arrayBuffer().catch((error: unknown) => {
      throw new Retryable(networkError(error, what, endpoint));
    });
    if (whole.byteLength === length) return new Uint8Array(whole);
    const got = `got ${whole.byteLength} of ${length} bytes`;
    throw new Retryable(new HubError('offline', `${what}: the connection broke, ${got}; try again`));
  };
  return {
    name: file.name,
    sizeBytes: file.sizeBytes,
    async read(offset, length) {
      checkRange(file.name, file.sizeBytes, offset, length);
      return length === 0 ? new Uint8Array() : withRetries(options, () => readOnce(offset, length));
    },
  };
}
