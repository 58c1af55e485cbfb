/** The repository that is pushed to: found, or made, with the branch that is wanted. Source: Hub API, "Create repository". */

import { type HubRepo, listingUrl, parseRepoId, readListing, repoUrl } from './hub.ts';
import { HubError } from './hubError.ts';
import type { PushPlace } from './pushError.ts';
import { type Answer, type PushOptions, requestHub } from './pushRequest.ts';

export interface PushTarget {
  /** `owner/name`. */
  repo: string;
  /** A branch; made from main where there is none. */
  revision: string;
  /** Of a repository that is made; one that is there must be private too where this is asked. */
  isPrivate: boolean;
}

/** `owner/name`, from what a person typed. Throws a HubError. */
export function parsePushId(text: string): string {
  const id = parseRepoId(text);
  if (id.includes('/')) return id;
  throw new HubError('badName', `${JSON.stringify(text)}: expected owner/name, with your name on the Hub as the owner`);
}

/** Throws a HubError. */
export async function openRepo(target: PushTarget, options: PushOptions): Promise<HubRepo & { isNew: boolean }> {
  const place = placeOf(target.repo, options.endpoint);
  let answer = await list(target, place, options);
  let isNew = false;
  if (answer.status !== 200 && !lacksRevision(answer)) {
    isNew = await create(target, place, options);
    answer = await list(target, place, options);
  }
  if (answer.status !== 200 && target.revision !== 'main') {
    await createBranch(target, place, options);
    answer = await list(target, place, options);
  }
  if (answer.status !== 200) {
    throw new HubError('notFound', `${target.repo}: the Hub lists no such repository (${answer.status}). Try again.`);
  }
  const repo = readListing(answer.json, target.repo, options.endpoint);
  if (target.isPrivate && !repo.isPrivate) {
    const page = repoUrl(repo.id, options.endpoint);
    throw new HubError(
      'refused',
      `${repo.id}: this repository is public, and you asked for a private one. Nothing was pushed; make it private at ${page}/settings, take another name, or push without “private”.`,
    );
  }
  return { ...repo, isNew };
}

export function placeOf(repo: string, endpoint: string, file?: string): PushPlace {
  return { repo, what: file === undefined ? repo : `${file} to ${repo}`, endpoint };
}

/** A repository that is not there answers 404, to some tokens 401 with a code that says so. */
async function list(target: PushTarget, place: PushPlace, options: PushOptions): Promise<Answer> {
  const url = listingUrl(target.repo, target.revision, options.endpoint);
  const answer = await requestHub({ url, expected: [401, 404] }, place, options);
  const isRefusal = answer.status === 401 && answer.headers.get('X-Error-Code') !== 'RepoNotFound';
  return isRefusal ? requestHub({ url }, place, options) : answer;
}

function lacksRevision({ headers }: Answer): boolean {
  return headers.get('X-Error-Code') === 'RevisionNotFound';
}

/** False where it was there already. */
async function create(target: PushTarget, place: PushPlace, options: PushOptions): Promise<boolean> {
  const [organization, name] = target.repo.split('/');
  const content = { type: 'model', name, organization, ...(target.isPrivate ? { visibility: 'private' } : {}) };
  const url = `${options.endpoint}/api/repos/create`;
  const body = { data: JSON.stringify(content), type: 'application/json' };
  const { status } = await requestHub({ url, body, expected: [409] }, place, options);
  return status !== 409;
}

async function createBranch({ repo, revision }: PushTarget, place: PushPlace, options: PushOptions): Promise<void> {
  const url = `${options.endpoint}/api/models/${repo}/branch/${encodeURIComponent(revision)}`;
  const body = { data: JSON.stringify({ startingPoint: 'main' }), type: 'application/json' };
  await requestHub({ url, body, expected: [409] }, place, options);
}
