/** What went wrong between here and the Hub, with the repository's name and what to do about it. */

export type HubProblem =
  | 'badName'
  | 'tokenNeeded'
  | 'gated'
  | 'notFound'
  | 'rateLimited'
  | 'offline'
  | 'serverFailed'
  | 'changed'
  /** Of pushing: */
  | 'badToken'
  | 'noWriteRight'
  | 'noRoom'
  | 'conflict'
  | 'refused';

export class HubError extends Error {
  override readonly name = 'HubError';
  readonly problem: HubProblem;

  constructor(problem: HubProblem, message: string, options?: ErrorOptions) {
    super(message, options);
    this.problem = problem;
  }
}

/** The error for a response that is not a success. `what` is the repository, or a file in it. */
export function responseError(response: Response, what: string, repoUrl: string, hasToken: boolean): HubError {
  const code = response.headers.get('X-Error-Code') ?? '';
  switch (response.status) {
    case 401:
    case 403:
      return refusalError(response.status, code, what, repoUrl, hasToken);
    case 404: {
      const remedy =
        code === 'RevisionNotFound' ? 'the repository has no such revision, its page lists them' : 'check the spelling';
      return new HubError('notFound', `${what}: not on the Hub (404); ${remedy}`);
    }
    case 429:
      return new HubError('rateLimited', `${what}: the Hub asks for fewer requests (429); wait some minutes and go on`);
    default: {
      const status = `${response.status} ${response.statusText}`.trim();
      return new HubError(
        'serverFailed',
        `${what}: the Hub answered ${status}; what is downloaded is kept, try again later`,
      );
    }
  }
}

function refusalError(status: number, code: string, what: string, repoUrl: string, hasToken: boolean): HubError {
  if (code === 'GatedRepo' || (status === 403 && hasToken)) {
    const token = hasToken ? 'with the account this token belongs to' : 'and enter a token of that account here';
    return new HubError(
      'gated',
      `${what}: its owner asks for consent first (${status}); accept the terms at ${repoUrl} ${token}`,
    );
  }
  // The Hub does not tell strangers whether a private repository exists.
  const remedy = hasToken ? 'check the spelling, or the token' : 'check the spelling; a private one needs a token';
  return new HubError('tokenNeeded', `${what}: no such repository, or it is private (${status}); ${remedy}`);
}

/** The error for a request that got no response. */
export function networkError(cause: unknown, what: string, endpoint: string): HubError {
  const { host } = new URL(endpoint);
  const remedy = 'check the connection, or whether a blocker stands in the way; what is downloaded is kept';
  return new HubError('offline', `${what}: ${host} cannot be reached; ${remedy}`, { cause });
}
