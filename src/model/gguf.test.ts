// A whole model from a GGUF file of many quantized types, against transformers on the dequantized weights.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { bytesSource, readText } from '../formats/byteSource.ts';
import { parseJsonObject } from '../formats/json.ts';
import { openModelFolder, openWeights } from '../formats/openModel.ts';
import { relativeError, testGpu } from '../ops/testGpu.ts';
import { architectureOf } from './architecture.ts';
import { declareModel } from './frozenModel.ts';
import { freeModel, loadModel } from './loadModel.ts';
import { logitsOf } from './logits.ts';
import type { WeightStorage } from './weightStorage.ts';

const fixture = (name: string) => readFileSync(new URL(`../../e2e/fixtures/gguf/${name}`, import.meta.url));
const expectedSchema = z.object({ ids: z.array(z.int()), everySeventhLogit: z.array(z.array(z.number())) });

/** Of the largest logit: f32 sums in another order; as files have them, f16 scales of weights that are no blocks. */
const TOLERANCE: readonly [WeightStorage, number][] = [
  ['f32', 1e-5],
  ['file', 1e-3],
];

test.each(TOLERANCE)('logits of a file of ten types, kept as %s', async (storage, tolerance) => {
  const gpu = await testGpu();
  const folder = await openModelFolder([bytesSource(fixture('mixed.gguf'), 'mixed.gguf')]);
  if (folder.kind !== 'model') throw new Error(folder.kind);
  const config = parseJsonObject(await readText(folder.config), folder.config.name);
  const weights = await openWeights(folder);
  const model = declareModel(architectureOf(config), storage, gpu.limits.maxStorageBufferBindingSize, weights);
  await loadModel(gpu, model, weights);
  const { ids, everySeventhLogit } = expectedSchema.parse(JSON.parse(fixture('mixed.json').toString()));
  const logits = await logitsOf(gpu, model, ids);
  freeModel(gpu, model);
  const { vocabularySize } = model.architecture;
  const seen = ids.flatMap((_, row) => everySeventhLogit[row]!.map((_, i) => logits[row * vocabularySize + i * 7]!));
  expect(everySeventhLogit.flat()).toHaveLength(ids.length * Math.ceil(vocabularySize / 7));
  expect(relativeError(Float32Array.from(seen), Float32Array.from(everySeventhLogit.flat()))).toBeLessThan(tolerance);
});
