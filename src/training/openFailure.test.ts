import { expect, it, vi } from 'vitest';
import { layOutAdapters } from '../adapters/adapterSet.ts';
import { initialParameters } from '../adapters/initial.ts';
import { OutOfGpuMemoryError } from '../gpu/errors.ts';
import { BASE, tokenRows, withCase } from './testModels.ts';
import { Trainer } from './trainer.ts';
import { freshState } from './trainerState.ts';

it('a run that finds no room keeps nothing on the GPU', async () => {
  await withCase('llama', async ({ model, expected }, gpu) => {
    const layouts = layOutAdapters(model.architecture, [
      { rank: 4, alpha: 8, dropout: 0, useRslora: false, targets: ['q'] },
    ]);
    const rows = tokenRows(expected.training.rows);
    const trainer = await Trainer.plan({ gpu, model, layouts, settings: BASE, rows, validationRows: [] });
    const before = gpu.allocatedBytes;
    const { device } = gpu;
    const popErrorScope = device.popErrorScope.bind(device);
    vi.spyOn(device, 'popErrorScope').mockImplementationOnce(async () => {
      await popErrorScope();
      return { message: 'no room left' };
    });
    const opening = trainer.open(freshState(initialParameters(layouts, [1]), BASE));
    await expect(opening).rejects.toThrow(OutOfGpuMemoryError);
    expect(gpu.allocatedBytes).toBe(before);
  });
});
