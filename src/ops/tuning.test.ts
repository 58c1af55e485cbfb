import { expect, it } from 'vitest';
import { chosenTile, productClass, productTiles } from './productTiles.ts';
import { testGpu } from './testGpu.ts';
import { applyTuning, tune } from './tuning.ts';

it('measures the tiles of at least the class that training needs most, in about its time, and leaves nothing', async () => {
  const gpu = await testGpu();
  const before = gpu.allocatedBytes;
  const { variants, times } = await tune(gpu);
  expect(gpu.allocatedBytes).toBe(before);
  expect(variants.size).toBeGreaterThan(0);
  for (const [of, name] of variants) {
    const ofClass = times.filter((time) => time.class === of);
    // Another than the likely tile only for a tenth of the time.
    const chosen = ofClass.find((time) => time.tile === name)!.elapsedMs;
    expect(0.9 * chosen).toBeLessThanOrEqual(Math.min(...ofClass.map((time) => time.elapsedMs)));
    expect(productTiles(gpu.traits).map((tile) => tile.name)).toContain(name);
  }
}, 60_000);

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
