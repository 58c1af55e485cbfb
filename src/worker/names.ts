/** A name as part of a file name: letters and digits of any script, the rest as dashes, 60 characters at most. */
export function fileStem(name: string): string {
  const stem = name
    .normalize('NFKC')
    .replace(/[^\p{L}\p{N}._]+/gu, '-')
    .slice(0, 60)
    .replace(/^[-.]+|[-.]+$/g, '');
  return stem === '' ? 'adapter' : stem;
}
