// A disk that is full, as /dev/full plays it: said in one line, and never at the cost of what is there.
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { afterAll, expect, test, vi } from 'vitest';
import { openMetrics } from './metricsFile.ts';
import { nodeFolder } from './nodeFolder.ts';
import { writeFiles } from './outputFiles.ts';
import { temporaryFolder } from './testCli.ts';

const folder = temporaryFolder();
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('a file that finds no room is named, and the one before it stays', async () => {
  writeFileSync(`${folder}/adapter`, 'before');
  symlinkSync('/dev/full', `${folder}/adapter.part`);
  const files = [{ name: 'adapter', bytes: Uint8Array.of(1) }];
  await expect(writeFiles(folder, files)).rejects.toThrow(`${folder}/adapter: the disk is full`);
  expect(readFileSync(`${folder}/adapter`, 'utf8')).toBe('before');
  expect(existsSync(`${folder}/adapter.part`)).toBe(false);
});

test('a checkpoint that finds no room is a problem of storage', async () => {
  symlinkSync('/dev/full', `${folder}/7.ckpt`);
  const appender = await nodeFolder(folder).append('7.ckpt');
  await expect(appender.write(Uint8Array.of(1))).rejects.toMatchObject({
    name: 'StorageError',
    problem: 'full',
    message: `${folder}/7.ckpt: the disk is full`,
  });
  mkdirSync(`${folder}/8.ckpt`);
  await expect(nodeFolder(folder).append('8.ckpt')).rejects.toMatchObject({ problem: 'unavailable' });
});

test('metrics that find no room are said once and cost no training', () => {
  const said = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  try {
    const metrics = openMetrics('/dev/full', () => 0);
    const line = { step: 1, loss: 1, learningRate: 1, gradientNorm: 1, tokens: 1, targetTokens: 1, elapsedMs: 1 };
    metrics.append(line);
    metrics.append({ ...line, step: 2 });
    metrics.close();
    expect(said.mock.calls).toEqual([['--metrics: /dev/full: the disk is full; training goes on without it\n']]);
  } finally {
    said.mockRestore();
  }
});
