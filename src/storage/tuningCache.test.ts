import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { nodeFolder } from './testNodeFolder.ts';
import { recallTuning, rememberTuning } from './tuningCache.ts';

let path = '';

beforeEach(async () => {
  path = await mkdtemp(join(tmpdir(), 'rankwise-tuning-'));
});

afterEach(() => rm(path, { recursive: true }));

it('recalls what was measured of each device', async () => {
  const folder = nodeFolder(path);
  expect(await recallTuning(folder, 'a')).toBeUndefined();
  await rememberTuning(folder, 'a', new Map([['forward', '8×8']]));
  await rememberTuning(folder, 'b', new Map([['forward', '4×4']]));
  expect(await recallTuning(folder, 'a')).toEqual(new Map([['forward', '8×8']]));
  expect(await recallTuning(folder, 'b')).toEqual(new Map([['forward', '4×4']]));
});

it.each(['{', '{"version":2,"devices":{}}', '{"version":1,"devices":{"a":{"forward":1}}}', ''])(
  'takes a file that holds %j for none, and replaces it',
  async (text) => {
    await writeFile(join(path, 'tuning.json'), text);
    const folder = nodeFolder(path);
    expect(await recallTuning(folder, 'a')).toBeUndefined();
    await rememberTuning(folder, 'a', new Map([['forward', '8×8']]));
    expect(await recallTuning(folder, 'a')).toEqual(new Map([['forward', '8×8']]));
  },
);
