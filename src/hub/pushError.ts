/** What went wrong while something was pushed to the Hub, with what to do about it. */
import { HubError } from './hubError.ts';

/** What was pushed where. */
export interface PushPlace {
  /** The repository's id. */
  repo: string;
  /** The repository, or a file of it. */
  what: string;
  endpoint: string;
}

/** The error for an answer that is no success. `said`: the server's own words, empty where it gave none. */
export function pushError(status: number, said: string, { repo, what, endpoint }: PushPlace): HubError {
  const { problem, happened, remedy } = meaningOf(status, said, repo, endpoint);
  const words = said.trim().replace(/\s+/g, ' ').slice(0, 300);
  const quote = words === '' ? '' : `; it says: ${words.replace(/\.$/, '')}`;
  return new HubError(problem, `${what}: ${happened} (${status}${quote}). ${remedy}`);
}

/** The error for a request that got no answer. */
export function pushNetworkError(cause: unknown, url: string, { what }: PushPlace): HubError {
  const { host } = new URL(url);
  const message = `${what}: the connection to ${host} broke. What was uploaded is kept there; check the connection, or whether a blocker stands in the way, and try again.`;
  return new HubError('offline', message, { cause });
}

interface Meaning {
  problem: HubError['problem'];
  happened: string;
  remedy: string;
}

function meaningOf(status: number, said: string, repo: string, endpoint: string): Meaning {
  const isQuota = /storage|quota|limit reached|payment|billing|upgrade/i.test(said);
  if (status === 402 || status === 413 || (status === 403 && isQuota)) {
    return {
      problem: 'noRoom',
      happened: 'the Hub has no room left for this',
      remedy: 'Free some in the account’s settings, push less, or push to another account.',
    };
  }
  switch (status) {
    case 401:
      return {
        problem: 'badToken',
        happened: 'the Hub does not know this token',
        remedy: `It may be mistyped or expired: make one that may write at ${endpoint}/settings/tokens.`,
      };
    case 403:
      return {
        problem: 'noWriteRight',
        happened: `this token may not write to ${repo}`,
        remedy: `Use a token with the role “write”, or one that is allowed to write to ${repo}, or push under your own name.`,
      };
    case 404:
      return {
        problem: 'notFound',
        happened: `no such repository or revision on the Hub`,
        remedy: 'Check the spelling, or whether the token may see it.',
      };
    case 409:
    case 412:
      return {
        problem: 'conflict',
        happened: 'another commit came in between',
        remedy: 'Nothing of yours was committed; what was uploaded is kept. Try again.',
      };
    case 429:
      return {
        problem: 'rateLimited',
        happened: 'the Hub asks for fewer requests',
        remedy: 'What was uploaded is kept; wait some minutes and try again.',
      };
    default:
      return status >= 500
        ? { problem: 'serverFailed', happened: 'the Hub failed', remedy: 'What was uploaded is kept; try again later.' }
        : { problem: 'refused', happened: 'the Hub refused', remedy: 'Nothing was committed.' };
  }
}
