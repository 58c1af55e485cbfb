// Each row's loss on tiny models: their sum against PyTorch's loss and the trainer's own evaluation, with an adapter and
// without, whatever rows share a batch.
import { describe, expect, it } from 'vitest';
import { flatElements } from '../adapters/adapterSet.ts';
import { placeParameters } from '../adapters/answering.ts';
import { BASE, tokenRows, withCase } from '../training/testModels.ts';
import { Trainer } from '../training/trainer.ts';
import { freshState } from '../training/trainerState.ts';
import { type RowLoss, rowLosses } from './rowLosses.ts';

/** f32 sums in another order than PyTorch's, through a whole network. */
const PYTORCH_TOLERANCE = 1e-4;
/** The same kernels over other shapes. */
const OWN_TOLERANCE = 1e-5;

function total(losses: readonly RowLoss[]): RowLoss {
  return losses.reduce((a, b) => ({ loss: a.loss + b.loss, tokens: a.tokens + b.tokens, hits: a.hits + b.hits }));
}

describe.each(['llama', 'gpt2', 'qwen3-tied'])('%s', (name) => {
  it('with an adapter and without', async () => {
    await withCase(name, async ({ model, adapter, layouts, expected }, gpu) => {
      const [layout] = layouts;
      const block = adapter.parametersFor(layout!);
      const flat = new Float32Array(flatElements(layouts));
      flat.set(block, layout!.start);
      const placed = { layout: layout!, parameters: placeParameters(gpu, flat) };
      const batch = tokenRows(expected.batch.rows);
      const ofBatch = total(await rowLosses({ gpu, model, adapter: placed, rows: batch, batchSize: batch.length }));
      expect(Math.abs(ofBatch.loss / ofBatch.tokens / expected.loss - 1)).toBeLessThan(PYTORCH_TOLERANCE);

      const rows = tokenRows(expected.training.rows);
      const trainer = await Trainer.plan({ gpu, model, layouts, settings: BASE, rows, validationRows: rows });
      await trainer.open(freshState(flat, BASE));
      const [evaluated] = (await trainer.evaluate()).adapters;
      await trainer.close();
      const done: number[] = [];
      const all = await rowLosses({ gpu, model, adapter: placed, rows, batchSize: 3, onProgress: (n) => done.push(n) });
      expect(done.at(-1)).toBe(rows.length);
      const sum = total(all);
      expect(Math.abs(sum.loss / sum.tokens / evaluated!.loss - 1)).toBeLessThan(OWN_TOLERANCE);
      expect(sum.hits / sum.tokens).toBe(evaluated!.tokenAccuracy);
      expect(all.map(({ tokens }) => tokens)).toEqual(rows.map(({ loss }) => loss.reduce((n, is) => n + is, 0)));

      const alone = await rowLosses({ gpu, model, adapter: placed, rows: [rows[2]!], batchSize: 1 });
      expect(Math.abs(alone[0]!.loss / all[2]!.loss - 1)).toBeLessThan(OWN_TOLERANCE);

      const off = { layout: layout!, parameters: placeParameters(gpu, new Float32Array(flat.length)) };
      const base = await rowLosses({ gpu, model, adapter: undefined, rows, batchSize: 4 });
      const withNothing = await rowLosses({ gpu, model, adapter: off, rows, batchSize: 4 });
      for (const [i, { loss }] of base.entries()) {
        expect(Math.abs(loss / withNothing[i]!.loss - 1)).toBeLessThan(OWN_TOLERANCE);
      }
      expect(Math.abs(total(base).loss / sum.loss - 1)).toBeGreaterThan(1e-3);
      gpu.free(placed.parameters.allocation);
      gpu.free(off.parameters.allocation);
    });
  });
});

it('stops between batches', async () => {
  await withCase('llama', async ({ model, expected }, gpu) => {
    const rows = tokenRows(expected.training.rows);
    const stop = new AbortController();
    const onProgress = () => stop.abort(new Error('enough'));
    const losses = rowLosses({ gpu, model, adapter: undefined, rows, batchSize: 1, onProgress, signal: stop.signal });
    await expect(losses).rejects.toThrow('enough');
  });
});
