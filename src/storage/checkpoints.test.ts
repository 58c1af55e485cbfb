import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Checkpoints, openCheckpoints } from './checkpoints.ts';
import type { Folder } from './folder.ts';
import { nodeFolder } from './testNodeFolder.ts';

let path: string;
let checkpoints: Checkpoints;
beforeEach(() => {
  path = mkdtempSync(join(tmpdir(), 'rankwise-'));
  checkpoints = openCheckpoints(nodeFolder(path));
});
afterEach(() => rmSync(path, { recursive: true }));

const sizeBytes = 1000;
async function* stateOf(step: number) {
  for (let i = 0; i < 10; i++) yield new Uint8Array(100).fill(step);
}
const save = (step: number) => checkpoints.save(step, sizeBytes, stateOf(step));
const names = () =>
  nodeFolder(path)
    .names()
    .then((list) => list.sort());

async function latest() {
  const checkpoint = await checkpoints.latest();
  if (checkpoint === undefined) return undefined;
  const bytes = await checkpoint.state.read(0, sizeBytes);
  expect(checkpoint.state.sizeBytes).toBe(sizeBytes);
  expect(new Set(bytes)).toEqual(new Set([checkpoint.step]));
  return checkpoint.step;
}

test('the newest state comes back, and the last two are kept', async () => {
  expect(await latest()).toBeUndefined();
  for (const step of [5, 10, 20]) await save(step);
  expect(await latest()).toBe(20);
  expect(await names()).toEqual(['10.ckpt', '20.ckpt']);
  await save(20);
  expect(await names()).toEqual(['10.ckpt', '20.ckpt']);
  expect(await checkpoints.isEmpty()).toBe(false);
  await checkpoints.clear();
  expect(await names()).toEqual([]);
  expect(await checkpoints.isEmpty()).toBe(true);
});

test('the last state of a run stands alone, and takes the room of those before it where there is no other', async () => {
  const last = [new Uint8Array(sizeBytes).fill(30)];
  for (const step of [10, 20]) await save(step);
  await checkpoints.saveLast(30, sizeBytes, last);
  expect(await names()).toEqual(['30.ckpt']);
  expect(await latest()).toBe(30);

  checkpoints = openCheckpoints(holding(nodeFolder(path), 1.5 * sizeBytes));
  await expect(checkpoints.save(40, sizeBytes, stateOf(40))).rejects.toMatchObject({ problem: 'full' });
  expect(await latest()).toBe(30);
  await checkpoints.saveLast(40, sizeBytes, [new Uint8Array(sizeBytes).fill(40)]);
  expect(await names()).toEqual(['40.ckpt']);
  expect(await latest()).toBe(40);
});

/** The same folder on a disk of so many bytes. */
function holding(folder: Folder, capacityBytes: number): Folder {
  const usedBytes = async () => {
    const files = await Promise.all((await folder.names()).map((name) => folder.open(name)));
    return files.reduce((sum, file) => sum + (file?.sizeBytes ?? 0), 0);
  };
  return {
    ...folder,
    async append(name) {
      const appender = await folder.append(name);
      return {
        ...appender,
        get sizeBytes() {
          return appender.sizeBytes;
        },
        async write(chunk) {
          if ((await usedBytes()) + chunk.length > capacityBytes) throw new DOMException('full', 'QuotaExceededError');
          await appender.write(chunk);
        },
      };
    },
  };
}

test('a state saved after going back to an earlier step is the newest', async () => {
  for (const step of [10, 20]) await save(step);
  await save(15);
  expect(await latest()).toBe(15);
  expect(await names()).toEqual(['10.ckpt', '15.ckpt']);
});

test('whatever byte of the newest is cut off or changed, the one before it stands', async () => {
  await save(10);
  await save(20);
  const file = join(path, '20.ckpt');
  const whole = readFileSync(file);
  for (let length = 0; length < whole.length; length += 13) {
    writeFileSync(file, whole.subarray(0, length));
    expect(await latest()).toBe(10);
  }
  for (let at = 0; at < whole.length; at += 7) {
    const changed = Buffer.from(whole);
    changed[at] = changed[at]! ^ 0x10;
    writeFileSync(file, changed);
    expect(await latest()).toBe(10);
  }
  writeFileSync(file, whole);
  expect(await latest()).toBe(20);
});

test('a state that fails on the way, or is not as long as it said, leaves the one before it', async () => {
  await save(10);
  async function* failing() {
    yield new Uint8Array(100);
    throw new Error('device lost');
  }
  await expect(checkpoints.save(20, sizeBytes, failing())).rejects.toThrow('device lost');
  await expect(checkpoints.save(20, sizeBytes + 1, stateOf(20))).rejects.toThrow('expected 1001 bytes, got 1000');
  expect(await latest()).toBe(10);
  expect(await names()).toEqual(['10.ckpt']);
});
