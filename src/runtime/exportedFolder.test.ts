// Which file of an exported folder is what.
import { expect, test } from 'vitest';
import { bytesSource } from '../formats/byteSource.ts';
import { zipStream } from '../formats/zipWriter.ts';
import { checkFits, folderSources, graphChoice, readConfig, sortExportedFolder } from './exportedFolder.ts';
import { runtimeMessage } from './onnxError.ts';

const PLAIN = ['config.json', 'tokenizer.json', 'onnx/model.onnx'];
const sources = (names: string[]) => names.map((name) => bytesSource(new TextEncoder().encode('{}'), name));

test('graphs from the most exact on, with the data beside each; adapters; what surrounds the folder is left out', () => {
  const inside = [
    ...PLAIN,
    'onnx/model_q4f16.onnx',
    'onnx/model_fp16.onnx',
    'adapters/a.safetensors',
    'adapters/model-7.safetensors',
    'adapters/._a.safetensors',
    'model.safetensors',
  ];
  const data = ['onnx/model.onnx_data', 'onnx/model.onnx_data_1', 'onnx/model_fp16.onnx_data'];
  const files = [...inside, ...data].map((name) => `mine/${name}`);
  const folder = sortExportedFolder(sources([...files, 'other.onnx']));
  expect(folder.name).toBe('mine');
  expect(folder.graphs.map(({ file, externalData }) => [file.name, externalData.length])).toEqual([
    ['mine/onnx/model.onnx', 2],
    ['mine/onnx/model_fp16.onnx', 1],
    ['mine/onnx/model_q4f16.onnx', 0],
  ]);
  expect(folder.adapters.map(({ name }) => name)).toEqual([
    'mine/adapters/a.safetensors',
    'mine/adapters/model-7.safetensors',
  ]);
  const [whole, half, quarter] = folder.graphs.map(graphChoice);
  expect(whole).toEqual({ file: 'mine/onnx/model.onnx', precision: 'f32', sizeBytes: 6, needsF16: false });
  expect(half).toMatchObject({ precision: 'f16', needsF16: true });
  expect(quarter).toMatchObject({ precision: '4-bit and f16', needsF16: true });
});

test('of a folder made elsewhere: the decoder with its cache, not the parts beside it; every ending told', () => {
  const names = ['embed_tokens', 'decoder_model', 'decoder_with_past_model_quantized', 'decoder_model_merged_q4f16'];
  const others = names.map((name) => `onnx/${name}.onnx`);
  const files = [
    ...PLAIN.slice(0, 2),
    ...others,
    'onnx/decoder_model_merged.onnx',
    'onnx/decoder_model_merged.onnx.data',
  ];
  const { graphs } = sortExportedFolder(sources(files));
  expect(graphs.map((graph) => [graph.file.name, graphChoice(graph).precision, graph.externalData.length])).toEqual([
    ['onnx/decoder_model_merged.onnx', 'f32', 1],
    ['onnx/decoder_model_merged_q4f16.onnx', '4-bit and f16', 0],
  ]);
  const onlyParts = sortExportedFolder(sources([...PLAIN.slice(0, 2), 'onnx/mine.onnx']));
  expect(onlyParts.graphs.map(({ file }) => file.name)).toEqual(['onnx/mine.onnx']);
});

test('what is missing is named, with what is there', () => {
  for (const gone of PLAIN) {
    const rest = PLAIN.filter((name) => name !== gone);
    expect(() => sortExportedFolder(sources(rest))).toThrow(`${gone}: missing (got ${rest.join(', ')})`);
  }
  expect(() => sortExportedFolder([])).toThrow('config.json: missing (got no files); pick the whole folder');
});

test('a zip is a folder; a dropped path may begin with a slash', async () => {
  const text = (name: string, content = '{}') => {
    const bytes = new TextEncoder().encode(content);
    return { name, sizeBytes: bytes.length, bytes: async () => bytes };
  };
  const config = text('config.json', '{"model_type": "gpt2", "n_positions": 64}');
  const zip = await new Response(zipStream([config, ...PLAIN.slice(1).map((name) => text(name))])).blob();
  const folder = sortExportedFolder(await folderSources([{ name: 'mine.zip', blob: zip }]));
  expect(await readConfig(folder)).toEqual({ modelType: 'gpt2', maxPositions: 64 });
  const dropped = PLAIN.map((name) => ({ name: `/mine/${name}`, blob: new Blob(['{}']) }));
  const other = sortExportedFolder(await folderSources(dropped));
  expect(other.name).toBe('mine');
  expect(await readConfig(other)).toEqual({ modelType: 'unknown', maxPositions: null });
});

test('more than WebAssembly can address is refused before it is read', () => {
  const part = (name: string, sizeBytes: number) => ({ ...bytesSource(new Uint8Array(0), name), sizeBytes });
  const data = [part('m.onnx_data', 2_000_000_000), part('m.onnx_data_1', 2_000_000_000)];
  const graph = { file: part('m.onnx', 1000), externalData: data };
  checkFits(graph, 'wasm');
  const larger = { ...graph, externalData: [...data, part('m.onnx_data_2', 940_000_000)] };
  checkFits(larger, 'webgpu');
  expect(() => checkFits(larger, 'wasm')).toThrow('m.onnx and its data take 4.9 GB, and WebAssembly has 4 GB at most.');
});

test('what onnxruntime says of memory is put into words', () => {
  for (const error of [12345, new Error('std::bad_alloc'), new Error('Array buffer allocation failed')]) {
    expect(runtimeMessage(error)).toContain('not enough memory');
  }
  expect(runtimeMessage(new Error('no such operator'))).toBe('onnxruntime says: no such operator');
});
