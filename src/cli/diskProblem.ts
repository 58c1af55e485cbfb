// What the disk refuses, in words.

const PROBLEMS: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EACCES: 'no permission to write there',
  EPERM: 'no permission to write there',
  EROFS: 'the disk is read-only',
  EISDIR: 'a folder has this name',
  EEXIST: 'a file has this name',
  ENOTDIR: 'a file is where its folder would be',
  EFBIG: 'larger than this disk takes files',
  EIO: 'the disk failed',
};

/** Undefined for what is no refusal of the disk. */
export function diskProblem(error: unknown): string | undefined {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return Object.hasOwn(PROBLEMS, code) ? PROBLEMS[code] : undefined;
}

export function isDiskFull(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOSPC' || error.code === 'EDQUOT');
}
