// Where the weights of large models go; small ones are run in onnxFolder.test.ts.
import { fromBinary } from '@bufbuild/protobuf';
import { expect, test } from 'vitest';
import type { ZipEntry } from '../formats/zipWriter.ts';
import { Graph, type Weight } from './graph.ts';
import { modelFiles } from './modelFile.ts';
import { ModelProtoSchema } from './schema/onnx_pb.ts';
import { entryBytes } from './testSession.ts';

const PIECE = new Uint8Array(1 << 24);

/** Of zeros, never held. */
function weight(name: string, rows: number, cols: number): Weight {
  const bytes = async function* () {
    for (let left = rows * cols * 4; left > 0; left -= PIECE.length) yield PIECE.subarray(0, left);
  };
  return { name, type: 'float32', shape: [rows, cols], bytes };
}

function graphOf(weights: readonly Weight[]): Graph {
  const graph = new Graph();
  for (const each of weights) graph.weight(each);
  return graph;
}

/** Of every weight: the file's name, the offset and the length, as the graph says them. */
async function places(entry: ZipEntry): Promise<string[][]> {
  const { graph } = fromBinary(ModelProtoSchema, await entryBytes(entry));
  return graph?.initializer.map(({ externalData }) => externalData.map(({ value }) => value)) ?? [];
}

async function countedBytes(entry: ZipEntry): Promise<number> {
  const bytes = entry.bytes();
  let total = 0;
  for await (const piece of Symbol.asyncIterator in bytes ? bytes : [bytes]) total += piece.length;
  return total;
}

test('up to 600 MB the weights lie in the graph', async () => {
  const { entries, dataFiles } = modelFiles(graphOf([weight('w', 149_000, 1000)]), 'onnx/model.onnx');
  expect([entries.map(({ name }) => name), dataFiles]).toEqual([['onnx/model.onnx'], 0]);
  expect(await countedBytes(entries[0]!)).toBe(entries[0]!.sizeBytes);
});

test('past that beside it', async () => {
  const { entries } = modelFiles(graphOf([weight('w', 150_000, 1000)]), 'onnx/model.onnx');
  expect(entries.map(({ name }) => name)).toEqual(['onnx/model.onnx', 'onnx/model.onnx_data']);
  expect(await places(entries[0]!)).toEqual([['model.onnx_data', '0', '600000000']]);
});

test('at most 2 GB a file, a larger weight alone, every size known before', async () => {
  // The embedding of Llama 3 8B: 2.1 GB.
  const weights = [
    weight('a', 100_003, 1001),
    weight('b', 128_256, 4096),
    weight('c', 100_000, 2000),
    weight('d', 7, 1),
  ];
  const { entries, dataFiles } = modelFiles(graphOf(weights), 'onnx/model.onnx');
  const names = ['onnx/model.onnx', 'onnx/model.onnx_data', 'onnx/model.onnx_data_1', 'onnx/model.onnx_data_2'];
  expect([entries.map(({ name }) => name), dataFiles]).toEqual([names, 3]);
  expect(await places(entries[0]!)).toEqual([
    ['model.onnx_data', '0', '400412012'],
    ['model.onnx_data_1', '0', '2101346304'],
    ['model.onnx_data_2', '0', '800000000'],
    ['model.onnx_data_2', '800002048', '28'],
  ]);
  const sizes = entries.slice(1).map(({ sizeBytes }) => sizeBytes);
  expect(sizes).toEqual([400_412_012, 2_101_346_304, 800_002_076]);
  for (const entry of entries) expect(await countedBytes(entry)).toBe(entry.sizeBytes);
});
