// npm, run on one platform, can leave the binaries of all others out of the lock file; `npm ci` then fails there.
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { z } from 'zod';

const lockSchema = z.object({
  packages: z.record(z.string(), z.object({ optionalDependencies: z.record(z.string(), z.string()).optional() })),
});

it('package-lock.json holds every optional dependency of every package', () => {
  const url = new URL('../../package-lock.json', import.meta.url);
  const { packages } = lockSchema.parse(JSON.parse(readFileSync(url, 'utf8')));
  const missing = Object.entries(packages).flatMap(([path, { optionalDependencies = {} }]) =>
    Object.keys(optionalDependencies).filter(
      (name) => !(`${path}/node_modules/${name}` in packages) && !(`node_modules/${name}` in packages),
    ),
  );
  expect(missing).toEqual([]);
});
