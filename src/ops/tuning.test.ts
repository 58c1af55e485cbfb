import { expect, it } from 'vitest';
import { openNodeAdapter } from '../cli/nodeGpu.ts';
import { readShaderFiles } from '../cli/shaderFiles.ts';
import { Gpu } from '../gpu/device.ts';
import { chosenTile, productClass, productTiles } from './productTiles.ts';
import { testGpu } from './testGpu.ts';
import { applyTuning, choose, tune } from './tuning.ts';

it('measures the tiles of at least the class that training needs most, in about its time, and leaves nothing', async () => {
  const gpu = await testGpu();
  const before = gpu.allocatedBytes;
  const { variants, times } = await tune(gpu);
  expect(gpu.allocatedBytes).toBe(before);
  expect(variants.size).toBeGreaterThan(0);
  for (const [of, name] of variants) {
    const ofClass = times.filter((time) => time.class === of);
    expect(ofClass.map(({ tile }) => tile)).toContain(name);
    expect(productTiles(gpu.traits).map((tile) => tile.name)).toContain(name);
  }
}, 60_000);

it('leaves the likely tile for one that is a tenth faster in all rounds but one, not for luck', () => {
  const likely = { tile: 'likely', roundsMs: [10, 10, 31, 10, 10] };
  expect(choose([likely])).toBe('likely');
  expect(choose([likely, { tile: 'faster', roundsMs: [8, 8, 8, 12, 8] }])).toBe('faster');
  expect(choose([likely, { tile: 'as fast', roundsMs: [9.5, 9.5, 9.5, 9.5, 9.5] }])).toBe('likely');
  const disturbed = { tile: 'likely', roundsMs: [20, 30, 20, 14, 14] };
  expect(choose([disturbed, { tile: 'lucky', roundsMs: [20, 20, 20, 12, 12] }])).toBe('likely');
});

it('takes what was remembered without measuring', async () => {
  const gpu = await testGpu();
  const { traits } = gpu;
  const remembered: string[] = [];
  const key = 'linear forward, many rows, floats';
  try {
    await applyTuning(gpu, {
      recall: async () => new Map([[key, 'registers 4×4']]),
      remember: async (device) => {
        remembered.push(device);
      },
    });
    expect(remembered).toEqual([]);
    expect(chosenTile(gpu.traits, productClass('forward', 512, 'f32')).name).toBe('registers 4×4');
  } finally {
    gpu.traits = traits;
  }
});

it('goes by what was found of subgroups, now and on the next visit', async () => {
  const gpu = await testGpu();
  const { traits } = gpu;
  let kept: ReadonlyMap<string, string> | undefined;
  const memory = {
    recall: async () => kept,
    remember: async (_: string, variants: ReadonlyMap<string, string>) => {
      kept = variants;
    },
  };
  const size = 2 * (traits.subgroupSize ?? 16);
  try {
    for (const _visit of [1, 2]) {
      gpu.traits = { ...traits, subgroupSize: size, subgroupWorkgroup: 2 * size };
      await applyTuning(gpu, memory);
      expect(gpu.traits).toMatchObject({ lanes: traits.lanes, subgroupSize: undefined });
    }
  } finally {
    gpu.traits = traits;
  }
}, 60_000);

it('leaves out a tile that this device does not compile', async () => {
  const { adapter } = await openNodeAdapter();
  const files = readShaderFiles();
  const path = 'linear/forward4.wgsl';
  const gpu = await Gpu.open(adapter, {
    ...files,
    [path]: files[path]!.replace('@workgroup_size(8, 8)', '@workgroup_size(0)'),
  });
  const { variants, times } = await tune(gpu, 60_000);
  expect(gpu.allocatedBytes).toBe(0);
  const tried = times.filter((time) => time.class === 'linear forward, many rows, floats').map(({ tile }) => tile);
  expect(tried.length).toBeGreaterThan(0);
  expect(tried).not.toContain('registers 4×4');
  expect(variants.size).toBe(6);
  gpu.destroy();
}, 60_000);
