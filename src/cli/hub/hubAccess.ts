// Which Hub, and as whom: from the environment, as Hugging Face's own tools read it.
import { homedir } from 'node:os';
import { join } from 'node:path';
import { HUB_ENDPOINT } from '../../hub/hubRequest.ts';
import { InputError } from '../inputError.ts';

export interface HubAccess {
  readonly endpoint: string;
  readonly token: string | undefined;
  /** HF_HUB_OFFLINE: nothing is asked of the Hub. */
  readonly isOffline: boolean;
}

/** HF_ENDPOINT, HF_TOKEN, HF_HUB_OFFLINE. Throws InputError for an endpoint that is no address. */
export function hubAccess({ env } = process): HubAccess {
  const endpoint = (env.HF_ENDPOINT || HUB_ENDPOINT).replace(/\/+$/, '');
  if (!URL.canParse(endpoint))
    throw new InputError(`HF_ENDPOINT: expected an address, got ${JSON.stringify(endpoint)}`);
  return {
    endpoint,
    token: env.HF_TOKEN?.trim() || undefined,
    isOffline: /^(1|true|yes|on)$/i.test(env.HF_HUB_OFFLINE ?? ''),
  };
}

/** Behind a proxy: what Node's fetch wants besides; empty where there is none, or where that is set. */
export function proxyNote({ env }: Pick<typeof process, 'env'> = process): string {
  const proxy = ['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'http_proxy'].find((name) => env[name]);
  if (proxy === undefined || env.NODE_USE_ENV_PROXY === '1') return '';
  return `; ${proxy} is set, which Node heeds from 22.21 on, where NODE_USE_ENV_PROXY=1 is set too`;
}

/** Where models from the Hub are kept: under XDG_CACHE_HOME, else ~/.cache. */
export function hubCacheFolder({ env } = process): string {
  return join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'rankwise', 'hub');
}
