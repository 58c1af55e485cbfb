// What stands for a model or adapter in a flag: a path of this machine, or `owner/name`, `owner/name@revision` or
// `owner/name/file.gguf` on the Hub. What lies on this machine wins.

export interface HubPath {
  /** `owner/name`. */
  readonly repo: string;
  readonly revision: string;
  /** One file of the repository; undefined for what a model or adapter needs of it. */
  readonly file: string | undefined;
}

const NAME = /^[A-Za-z0-9][\w.-]*$/;

/** Undefined for what can only be a path. */
export function parseHubPath(text: string): HubPath | undefined {
  const [, path = '', revision = 'main'] = /^([^@]*)(?:@(.+))?$/.exec(text) ?? [];
  const [owner = '', name = '', ...rest] = path.split('/');
  if (!NAME.test(owner) || !NAME.test(name) || /\.\.|\.(gguf|zip|safetensors)$/.test(name)) return undefined;
  if (revision === '.' || revision === '..') return undefined;
  if (rest.some((part) => part === '' || part === '..')) return undefined;
  const file = rest.join('/');
  if (file !== '' && !file.endsWith('.gguf')) return undefined;
  return { repo: `${owner}/${name}`, revision, file: file === '' ? undefined : file };
}
