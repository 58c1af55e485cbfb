/**
 * A large file to the object store behind the Hub, by Git LFS: the batch endpoint says where to put it, in one piece
 * (`basic`) or in several (`multipart`, the Hub's own), or that it is there already.
 *
 * The Hub keeps such files in Xet storage by now and takes them this way as well. Xet's own protocol finds chunks that are
 * there already, at the price of a WebAssembly module; here whole files that are there are what is found.
 * Source: Git LFS, docs/api/batch.md and docs/api/basic-transfers.md; huggingface_hub, the multipart transfer.
 */
import { z } from 'zod';
import { HubError } from './hubError.ts';
import { HUB_ENDPOINT, withRetries } from './hubRequest.ts';
import { blobOf, type PushFile, partsOf } from './pushContent.ts';
import { type PushPlace, pushError } from './pushError.ts';
import { type PushOptions, requestHub } from './pushRequest.ts';
import { putBytes } from './putBytes.ts';

const LFS_JSON = 'application/vnd.git-lfs+json';

const actionSchema = z.object({ href: z.string(), header: z.record(z.string(), z.unknown()).nullish() });
const batchSchema = z.object({
  objects: z
    .array(
      z.object({
        oid: z.string(),
        actions: z.object({ upload: actionSchema.optional(), verify: actionSchema.optional() }).nullish(),
        error: z.object({ code: z.number(), message: z.string() }).nullish(),
      }),
    )
    .length(1),
});

type Action = z.infer<typeof actionSchema>;

/**
 * `oid`: its SHA-256. `onSent` hears how many of its bytes have gone. Throws a HubError, or the signal's reason; what went
 * whole stays there.
 */
export async function pushLarge(
  file: PushFile,
  oid: string,
  revision: string,
  place: PushPlace,
  options: PushOptions,
  onSent: (sentBytes: number) => void,
): Promise<void> {
  for (let links = 1; ; links++) {
    const { upload, verify } = await requestLinks(file, oid, revision, place, options);
    if (!upload) return onSent(file.sizeBytes);
    try {
      await send(file, oid, upload, place, options, onSent);
    } catch (error) {
      // Links run out in an hour or so, and parts may be put together already by a request whose answer was lost.
      const isRefusal = error instanceof HubError && (error.problem === 'refused' || error.problem === 'notFound');
      if (links < MOST_LINKS && isRefusal) continue;
      throw error;
    }
    if (verify) await confirm(verify, oid, file, place, options);
    return;
  }
}

const MOST_LINKS = 2;

function lfsPost(href: string, content: object, { endpoint }: PushOptions) {
  // A mirror may hand on the Hub's own addresses.
  const url = href.startsWith(`${HUB_ENDPOINT}/`) ? endpoint + href.slice(HUB_ENDPOINT.length) : href;
  return { url, body: { data: JSON.stringify(content), type: LFS_JSON }, accept: LFS_JSON };
}

async function requestLinks(
  file: PushFile,
  oid: string,
  revision: string,
  place: PushPlace,
  options: PushOptions,
): Promise<{ upload?: Action | undefined; verify?: Action | undefined }> {
  const url = `${options.endpoint}/${place.repo}.git/info/lfs/objects/batch`;
  const { json } = await requestHub(
    lfsPost(
      url,
      {
        operation: 'upload',
        transfers: ['basic', 'multipart'],
        hash_algo: 'sha256',
        ref: { name: revision },
        objects: [{ oid, size: file.sizeBytes }],
      },
      options,
    ),
    place,
    options,
  );
  const batch = batchSchema.safeParse(json);
  const [object] = batch.data?.objects ?? [];
  if (object?.error) throw pushError(object.error.code, object.error.message, place);
  if (object?.oid !== oid) throw notUnderstood(place, 'it does not say where to put it');
  return object.actions ?? {};
}

/** A page may not be let through to this address; whether the object is there the commit finds out as well. */
async function confirm(
  { href }: Action,
  oid: string,
  { sizeBytes }: PushFile,
  place: PushPlace,
  options: PushOptions,
): Promise<void> {
  try {
    await requestHub(lfsPost(href, { oid, size: sizeBytes }, options), place, { ...options, maxAttempts: 2 });
  } catch (error) {
    if (!(error instanceof HubError && error.problem === 'offline')) throw error;
  }
}

function notUnderstood({ what }: PushPlace, why: string): HubError {
  return new HubError('serverFailed', `${what}: the Hub's answer is not understood: ${why}. Try again later.`);
}

async function send(
  file: PushFile,
  oid: string,
  { href, header }: Action,
  place: PushPlace,
  options: PushOptions,
  onSent: (sentBytes: number) => void,
): Promise<void> {
  if (header?.chunk_size === undefined) {
    const body = await blobOf(file);
    const { signal, stallMs } = options;
    await withRetries(options, () => putBytes(href, body, place, { signal, stallMs, onSent }));
    return;
  }
  const partBytes = Number(header.chunk_size);
  const urls = partUrls(header);
  if (!(partBytes > 0) || urls.length !== Math.ceil(file.sizeBytes / partBytes)) {
    throw notUnderstood(place, `${urls.length} parts of ${partBytes} bytes for ${file.sizeBytes}`);
  }
  const parts = await sendParts(file, partBytes, urls, place, options, onSent);
  await requestHub(lfsPost(href, { oid, parts }, options), place, options);
}

/** The header's numbered entries, in order. */
function partUrls(header: Record<string, unknown>): string[] {
  return Object.entries(header)
    .filter(([key]) => /^\d+$/.test(key))
    .sort(([a], [b]) => Number(a) - Number(b))
    .map(([, url]) => String(url));
}

async function sendParts(
  file: PushFile,
  partBytes: number,
  urls: readonly string[],
  place: PushPlace,
  options: PushOptions,
  onSent: (sentBytes: number) => void,
): Promise<{ partNumber: number; etag: string }[]> {
  const { signal, stallMs } = options;
  const sent: { partNumber: number; etag: string }[] = [];
  let before = 0;
  for await (const part of partsOf(file, partBytes)) {
    const url = urls[sent.length] ?? '';
    const etag = await withRetries(options, () =>
      putBytes(url, part, place, { signal, stallMs, onSent: (sentBytes) => onSent(before + sentBytes) }),
    );
    if (!etag) throw notUnderstood(place, 'a part came back without its ETag');
    sent.push({ partNumber: sent.length + 1, etag });
    before += part.size;
    onSent(before);
  }
  return sent;
}
