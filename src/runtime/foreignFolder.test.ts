// Folders that other exporters made: weights in files of their own naming, and graphs that ask for more than ours do.
import { clone, create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { beforeAll, expect, test } from 'vitest';
import { parityFiles, readTensors } from '../adapters/testFixtures.ts';
import { type ByteSource, bytesSource } from '../formats/byteSource.ts';
import { onnxFolder } from '../onnx/onnxFolder.ts';
import {
  ModelProtoSchema,
  TensorProto_DataType,
  TensorShapeProtoSchema,
  type ValueInfoProto,
  ValueInfoProtoSchema,
} from '../onnx/schema/onnx_pb.ts';
import { openFixture } from '../onnx/testSession.ts';
import { logitsDifference } from './logitsDifference.ts';
import { openFiles, sourcesOf } from './testFolder.ts';

const CASE = 'llama';
const renamed = (path: string) => path.replace('model.onnx_data', 'weights.bin');
/** f32 sums in another order, of logits up to 12. */
const TOLERANCE = 1e-4;

/** The folder with its weights in files named otherwise, its graph with inputs that say how to run it. */
let files: readonly ByteSource[];
beforeAll(async () => {
  const { a, model, adapter } = await openFixture(CASE);
  const entries = await onnxFolder(model, a, adapter, { dtype: 'f32', maxFileBytes: 200_000 });
  files = await Promise.all((await sourcesOf(entries)).map(changed));
});

async function changed(file: ByteSource): Promise<ByteSource> {
  const bytes = await file.read(0, file.sizeBytes);
  if (!file.name.endsWith('.onnx')) return bytesSource(bytes, renamed(file.name));
  const model = fromBinary(ModelProtoSchema, bytes);
  const graph = model.graph!;
  for (const { externalData } of graph.initializer) {
    for (const entry of externalData) entry.value = renamed(entry.value);
  }
  const { INT64, BOOL } = TensorProto_DataType;
  graph.input.push(asked(graph.input[0]!, 'num_logits_to_keep', INT64, []));
  graph.input.push(asked(graph.input[0]!, 'use_cache_branch', BOOL, [1]));
  return bytesSource(toBinary(ModelProtoSchema, model), file.name);
}

function asked(like: ValueInfoProto, name: string, elemType: TensorProto_DataType, shape: number[]): ValueInfoProto {
  const input = clone(ValueInfoProtoSchema, like);
  const { type } = input;
  if (type?.value.case !== 'tensorType') throw new Error('no tensor');
  input.name = name;
  type.value.value.elemType = elemType;
  type.value.value.shape = create(TensorShapeProtoSchema, {
    dim: shape.map((size) => ({ value: { case: 'dimValue' as const, value: BigInt(size) } })),
  });
  return input;
}

test('weights are found by the names that the graph has for them; more inputs are fed', async () => {
  const { decoder } = await openFiles(files);
  expect(decoder.signature).toMatchObject({ takesLogitsCount: true, hasCacheBranch: true });
  const tensors = await readTensors(parityFiles(CASE).find(({ name }) => name === 'expected.safetensors')!);
  const expected = tensors.get('logits/1')!.values;
  const ids: number[] = JSON.parse(await textOf('expected.json')).batch.rows[1].ids;
  const request = { decoder, adapter: {}, ids, oneByOne: 3, expected, signal: new AbortController().signal };
  const { largest, positions } = await logitsDifference(request);
  expect(largest).toBeLessThan(TOLERANCE);
  expect(positions).toBe(ids.length);
});

async function textOf(name: string): Promise<string> {
  const file = parityFiles(CASE).find((each) => each.name === name)!;
  return new TextDecoder().decode(await file.read(0, file.sizeBytes));
}

test('a file with weights that is missing is named', async () => {
  const rest = files.filter(({ name }) => name !== 'onnx/weights.bin');
  await expect(openFiles(rest)).rejects.toThrow('weights.bin: missing, and model.onnx keeps its weights in it');
});
