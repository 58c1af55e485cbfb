/** Name of a result file without ending: the adapter in a few letters, and where it ran. */
export function resultName(adapter: string, where: 'node' | 'browser'): string {
  const known = /llvmpipe/i.test(adapter) ? 'lavapipe' : /swiftshader/i.test(adapter) ? 'swiftshader' : undefined;
  const slug = adapter
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '');
  return `${known ?? slug}-${where}`;
}
