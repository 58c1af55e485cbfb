// The cache against no cache: logits of a row must not depend on how its context came into the cache, nor on what else is
// there.
import { describe, expect, it } from 'vitest';
import { relativeError, testGpu } from '../ops/testGpu.ts';
import { FROZEN } from './answeringAdapters.ts';
import type { FrozenModel } from './frozenModel.ts';
import { logitsOf } from './logits.ts';
import { RowEngine } from './rowEngine.ts';
import { NO_CACHE_ROW, type Row } from './rowInputs.ts';
import { parityModel, parityRows } from './testModel.ts';

/** The same f32 sums in another order. */
const CACHE_TOLERANCE = 1e-5;

function rowOf(ids: readonly number[], position: number, first: number): Row {
  const keyEnd = first + position;
  return { ids: ids[position]!, positions: position, keyStart: first, keyEnd, cacheRow: keyEnd };
}

const all = (rows: readonly Row[]) => [{ rowStart: 0, rowCount: rows.length, choice: FROZEN }];

async function lastLogits(model: FrozenModel, ids: readonly number[]): Promise<Float32Array> {
  const { vocabularySize } = model.architecture;
  return (await logitsOf(await testGpu(), model, ids)).slice(-vocabularySize);
}

describe.each(['gpt2', 'llama', 'qwen3-tied'])('%s', (name) => {
  it('gives the logits of a whole row, however the row was cut', async () => {
    const gpu = await testGpu();
    const model = await parityModel(name);
    const ids = parityRows(name).flat().slice(0, 45);
    const expected = await lastLogits(model, ids);
    const engine = await RowEngine.open(gpu, model, { sequences: 2, maxTokens: 50, mixed: 1, adapters: undefined });
    for (const cuts of [[44], [1, 44], [16, 17, 40, 44]]) {
      const first = engine.stride;
      let start = 0;
      for (const end of cuts) {
        const rows = ids.slice(start, end).map((_, i) => rowOf(ids, start + i, first));
        await engine.prefill(rows, all(rows));
        start = end;
      }
      const rows = [rowOf(ids, 44, first)];
      const seen: Float32Array[] = [];
      await engine.decode(rows, all(rows), (_, logits) => seen.push(logits.slice()));
      expect(seen).toHaveLength(1);
      expect(relativeError(seen[0]!, expected), `cut at ${cuts}`).toBeLessThan(CACHE_TOLERANCE);
    }
    await engine.free();
  });

  it('keeps sequences of different lengths apart', async () => {
    const gpu = await testGpu();
    const model = await parityModel(name);
    const texts = parityRows(name).slice(0, 3);
    const engine = await RowEngine.open(gpu, model, { sequences: 3, maxTokens: 64, mixed: 1, adapters: undefined });
    const rows = texts.flatMap((ids, s) => {
      const own = ids.slice(0, -1).map((_, position) => rowOf(ids, position, s * engine.stride));
      return own.length % 2 === 0 ? own : [...own, { ...own.at(-1)!, cacheRow: NO_CACHE_ROW }];
    });
    await engine.prefill(rows, all(rows));
    const last = texts.map((ids, s) => rowOf(ids, ids.length - 1, s * engine.stride));
    const seen: Float32Array[] = [];
    await engine.decode(last, all(last), (_, logits) => seen.push(logits.slice()));
    await engine.free();
    for (const [s, ids] of texts.entries()) {
      expect(relativeError(seen[s]!, await lastLogits(model, ids)), `sequence ${s}`).toBeLessThan(CACHE_TOLERANCE);
    }
  });
});

it('takes a head that is cut into parts', async () => {
  const ids = parityRows('llama')[0]!;
  const whole = await lastLogits(await parityModel('llama'), ids);
  const cut = await parityModel('llama', 32 << 10);
  expect(cut.head.matrix.parts.length).toBeGreaterThan(1);
  expect(relativeError(await lastLogits(cut, ids), whole)).toBeLessThan(CACHE_TOLERANCE);
});
