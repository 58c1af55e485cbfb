// What a person types for the repository to push to.
import { parseHubId } from '../../train/model/parseHubId.ts';

/** `owner/name`, or what to type. */
export function parsePushId(text: string, runName: string): { repo: string } | { error: string } {
  const parsed = parseHubId(text);
  if ('repo' in parsed && parsed.repo.includes('/')) return parsed;
  return { error: `Type your name on the Hub, a slash and a name, such as you/${slugOf(runName)}.` };
}

/** A run's name as a repository may be called. */
export function slugOf(name: string): string {
  const slug = name
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/[^\w.-]+/g, '-')
    .replace(/-{2,}/g, '-')
    .replace(/\.{2,}/g, '.')
    .replace(/^[-.]+|[-.]+$/g, '')
    .slice(0, 90);
  return slug === '' ? 'adapter' : slug.toLowerCase();
}
