// `export --format continue`: from a run's saved state, from flags alone, and for a model that is not here.
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { layOutAdapters } from '../adapters/adapterSet.ts';
import { adapterTensors } from '../adapters/peftFolder.ts';
import { readTensors } from '../adapters/testFixtures.ts';
import { bytesSource } from '../formats/byteSource.ts';
import { toFloat32 } from '../formats/dtypes.ts';
import { architectureOf } from '../model/architecture.ts';
import { openCheckpoints } from '../storage/checkpoints.ts';
import { decodeState } from '../training/runState.ts';
import { nodeFolder } from './nodeFolder.ts';
import { PARITY, readLines, runCliWell, runHere, temporaryFolder } from './testCli.ts';

vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });

const out = temporaryFolder();
afterAll(() => rmSync(out, { recursive: true, force: true }));

const plain = `${PARITY}cli-plain`;
const setup = ['--model', `${plain}/model`, '--data', `${plain}/pairs.jsonl`, '--batch', '2', '--accumulate', '2'];
const adapter = ['--rank', '2', '--targets', 'q,v', '--lr', '1e-2', '--seed', '3'];
const exporting = (...args: string[]) => runHere(['export', '--format', 'continue', ...args]);
const json = (path: string) => JSON.parse(readFileSync(`${out}/${path}`, 'utf8'));
const tensorsIn = (path: string) => readTensors(bytesSource(new Uint8Array(readFileSync(`${out}/${path}`)), path));

describe('a run of 4 steps', () => {
  beforeAll(async () => {
    const run = ['--steps', '4', '--validation', '0.2', '--out', `${out}/run`, '--metrics', `${out}/run.jsonl`];
    await runCliWell('train', ...setup, ...adapter, ...run);
    const { code, stderr } = await exporting(
      '--run',
      `${out}/run`,
      '--metrics',
      `${out}/run.jsonl`,
      '--out',
      `${out}/there`,
    );
    expect(stderr).toBe('Its 4 steps are done: train.py --steps N says how far it goes on.\n');
    expect(code).toBe(0);
  });

  test('its adapter, its moments, its step, its curve', async () => {
    expect(readFileSync(`${out}/there/adapter/adapter_model.safetensors`)).toEqual(
      readFileSync(`${out}/run/adapter_model.safetensors`),
    );
    const a = architectureOf(JSON.parse(readFileSync(`${plain}/model/config.json`, 'utf8')));
    const [layout] = layOutAdapters(a, [{ rank: 2, alpha: 16, dropout: 0, useRslora: false, targets: ['q', 'v'] }]);
    const checkpoint = await openCheckpoints(nodeFolder(`${out}/run/state`)).latest();
    const { state } = await decodeState(checkpoint!.step, checkpoint!.state);
    const moments = await tensorsIn('there/state/optimizer.safetensors');
    for (const [kind, flat] of [
      ['exp_avg', state.first],
      ['exp_avg_sq', state.second!],
    ] as const) {
      for (const { name, bytes } of adapterTensors(a, layout!, flat.subarray(0, layout!.count))) {
        const expected = toFloat32(new Uint8Array(await bytesOf(bytes())), 'F32');
        expect(moments.get(`${kind}/${name}`)?.values).toEqual(expected);
        expect(expected.some((value) => value !== 0)).toBe(true);
      }
    }
    expect(json('there/state/progress.json')).toMatchObject({ step: 4 });
    const curve = readLines(`${out}/there/metrics.jsonl`);
    expect(curve).toEqual(readLines(`${out}/run.jsonl`));
  });

  test('what it leaves names no place of this machine, and the small base goes along', () => {
    for (const path of ['settings.json', 'README.md', 'adapter/adapter_config.json', 'adapter/README.md']) {
      expect(readFileSync(`${out}/there/${path}`, 'utf8')).not.toContain(PARITY);
    }
    expect(json('there/settings.json').base).toMatchObject({ kind: 'folder', id: 'base' });
    expect(readFileSync(`${out}/there/base/model.safetensors`)).toEqual(
      readFileSync(`${plain}/model/model.safetensors`),
    );
    expect(existsSync(`${out}/there/configs/deepspeed.yaml`)).toBe(true);
    const held = readLines(`${out}/there/data/validation.jsonl`).length;
    expect(held).toBeGreaterThan(0);
    expect(json('there/settings.json').data).toMatchObject({ validationRows: held });
  });
});

test('a race leaves a folder for each adapter', async () => {
  const { code } = await exporting(...setup, '--rank', '1,2', '--steps', '3', '--out', `${out}/race`);
  expect(code).toBe(0);
  for (const rank of [1, 2]) expect(json(`race/r${rank}/settings.json`).adapter.rank).toBe(rank);
});

test('a large model by its id is not fetched: rows as text, and what the machines would hold', async () => {
  writeFileSync(`${out}/pairs.jsonl`, '{"context":"a","target":"b"}\n{"context":"c","target":"d"}\n');
  const id = 'meta-llama/Llama-3.1-70B-Instruct';
  const args = ['--model', id, '--data', `${out}/pairs.jsonl`, '--rank', '16', '--checkpointing', '--gpus', '8x80'];
  const { code, stderr } = await exporting(...args, '--out', `${out}/large`);
  expect(code).toBe(0);
  expect(stderr).toMatch(/of 70553706496 parameters train .* cut over 8 by fsdp: it fits/);
  expect(readLines(`${out}/large/data/train.jsonl`)).toEqual([
    { line: 1, prompt: expect.stringContaining('a'), target: 'b' },
    { line: 2, prompt: expect.stringContaining('c'), target: 'd' },
  ]);
  expect(json('large/settings.json')).toMatchObject({ base: { kind: 'hub', id }, compute: { dtype: 'bfloat16' } });
  expect(readFileSync(`${out}/large/README.md`, 'utf8')).toContain('configs/fsdp.yaml --num_processes 8');
  const small = await exporting(...args.slice(0, -1), '1x24', '--out', `${out}/small`);
  expect(small.stderr).toContain('too much');
});

test.each([
  [['--run', `${PARITY}cli-plain`], 'no saved run there'],
  [['--model', `${plain}/model`], '--data is missing'],
  [['--model', `${plain}/model`, '--dtype', 'f16', '--data', 'x'], 'continue takes no --dtype'],
  [[...setup, '--gpus', 'many'], '--gpus: expected how many'],
  [[...setup, '--shard', 'fsdp'], '--shard cuts the model over --gpus'],
  [['--model', 'gpt-3-175b', '--data', `${plain}/pairs.jsonl`], 'no public weights'],
])('%j', async (args, message) => {
  const { code, stderr } = await exporting(...args, '--out', `${out}/wrong`);
  expect(stderr).toContain(message);
  expect(stderr.trimEnd().split('\n')).toHaveLength(1);
  expect(code).toBe(2);
});

async function bytesOf(bytes: AsyncIterable<Uint8Array> | Promise<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of Symbol.asyncIterator in bytes ? bytes : [bytes]) chunks.push(chunk);
  return Buffer.concat(chunks);
}
