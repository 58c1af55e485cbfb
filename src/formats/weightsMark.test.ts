import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { bytesSource } from './byteSource.ts';
import { openWeightFiles } from './weightFiles.ts';
import { weightsMark } from './weightsMark.ts';

const file = (name: string) =>
  new Uint8Array(readFileSync(new URL(`../../e2e/fixtures/parity/${name}/model/model.safetensors`, import.meta.url)));
const markOf = async (bytes: Uint8Array, name = 'model.safetensors') =>
  weightsMark(await openWeightFiles([bytesSource(bytes, name)]));

test('the same weights have the same mark, whatever their file is called; others of the same shapes another', async () => {
  const bytes = file('qwen2');
  const mark = await markOf(bytes);
  expect(mark).toMatch(/^[0-9a-f]{8}$/);
  expect(await markOf(bytes, 'elsewhere/mine.safetensors')).toBe(mark);
  const { tensors } = await openWeightFiles([bytesSource(bytes, 'model.safetensors')]);
  const { info } = tensors.get('model.layers.1.mlp.up_proj.weight') ?? expect.fail();
  const changed = bytes.slice();
  const middle = info.offset + info.sizeBytes / 2;
  changed[middle] = changed[middle]! ^ 1;
  expect(await markOf(changed)).not.toBe(mark);
  expect(await markOf(file('qwen2-untied'))).not.toBe(mark);
});
