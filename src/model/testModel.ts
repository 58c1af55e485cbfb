// For tests: the models of e2e/fixtures/parity on the GPU, and the numbers that PyTorch and PEFT gave for them.
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { bytesSource } from '../formats/byteSource.ts';
import { isFloatDtype, toFloat32 } from '../formats/dtypes.ts';
import { readSafetensorsHeader } from '../formats/safetensors.ts';
import { openWeightFiles } from '../formats/weightFiles.ts';
import { testGpu } from '../ops/testGpu.ts';
import { architectureOf } from './architecture.ts';
import { declareModel, type FrozenModel } from './frozenModel.ts';
import { loadModel } from './loadModel.ts';

const PARITY = fileURLToPath(new URL('../../e2e/fixtures/parity/', import.meta.url));
export const PARITY_CASES = readdirSync(PARITY).sort();

function fileSource(path: string) {
  return bytesSource(readFileSync(PARITY + path), path.slice(path.lastIndexOf('/') + 1));
}

function json(path: string): unknown {
  return JSON.parse(readFileSync(PARITY + path, 'utf8'));
}

/** Loaded in f32. `maxBinding` cuts large matrices, as a small GPU would. */
export async function parityModel(name: string, maxBinding?: number): Promise<FrozenModel> {
  const gpu = await testGpu();
  const config = z.record(z.string(), z.unknown()).parse(json(`${name}/model/config.json`));
  const limit = maxBinding ?? gpu.limits.maxStorageBufferBindingSize;
  const model = declareModel(architectureOf(config), 'f32', limit);
  await loadModel(gpu, model, await openWeightFiles([fileSource(`${name}/model/model.safetensors`)]));
  return model;
}

const ids = z.array(z.int());
const answer = z.object({ prompt: z.string(), promptIds: ids, ids, text: z.string() });

const caseSchema = z.object({ batch: z.object({ rows: z.array(z.object({ ids })) }) });
const cliSchema = z.object({
  logits: z.object({ ids }),
  generate: z.object({ newTokens: z.int(), base: z.array(answer), adapter: z.array(answer) }),
});
const generationConfigSchema = z.object({ eos_token_id: z.union([z.int(), ids]) });

/** Ids of the rows whose logits are known. */
export function parityRows(name: string): number[][] {
  return caseSchema.parse(json(`${name}/expected.json`)).batch.rows.map((row) => row.ids);
}

/** cli-bos and cli-plain. */
export function parityAnswers(name: string): z.infer<typeof cliSchema> & { stopIds: number[] } {
  const { eos_token_id } = generationConfigSchema.parse(json(`${name}/model/generation_config.json`));
  return { ...cliSchema.parse(json(`${name}/expected.json`)), stopIds: [eos_token_id].flat() };
}

export async function parityTensor(name: string, tensor: string): Promise<Float32Array<ArrayBuffer>> {
  const source = fileSource(`${name}/expected.safetensors`);
  const info = (await readSafetensorsHeader(source)).tensors.get(tensor);
  if (!info || !isFloatDtype(info.dtype)) throw new Error(`${name}: no ${tensor}`);
  return toFloat32(await source.read(info.offset, info.sizeBytes), info.dtype);
}
