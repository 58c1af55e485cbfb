// ONNX exports of every family in onnxruntime-web, merged and with open adapters of rank 0, 1, 8 and 64, in f32 and f16,
// against our engine on the same GPU: largest difference over largest logit, and whether the greedy text is the same.
// Rank 0 is fed as zeros of rank 1 on WebGPU, which takes nothing empty.
//
//   node --liftoff-only --import tsx e2e/onnxWebGpu.ts [--wasm | --chromium] [--dtype f32,f16] [FIXTURE…]
//
// Default: WebGPU under Node, on lavapipe unless RANKWISE_ADAPTER says otherwise; --chromium: WebGPU in a page, on
// SwiftShader unless there is a GPU. Two minutes for all under Node, a minute or two for each model in a page. Without
// --liftoff-only V8 compiles onnxruntime's WebAssembly a second time, better, for minutes. Exits with 1 where something
// differs by more than it may.
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { chromium } from '@playwright/test';
import * as ort from 'onnxruntime-web/webgpu';
import { createServer } from 'vite';
import { openNodeAdapter } from '../src/cli/nodeGpu.ts';
import { readShaderFiles } from '../src/cli/shaderFiles.ts';
import type { ZipEntry } from '../src/formats/zipWriter.ts';
import { Gpu } from '../src/gpu/device.ts';
import { onnxAdaptersFolder } from '../src/onnx/adaptersFolder.ts';
import { onnxFolder } from '../src/onnx/onnxFolder.ts';
import { entryBytes, openFixture } from '../src/onnx/testSession.ts';
import { browserFlags, findOrInstallBrowser } from './browser.ts';
import { type Compared, compared, type Expected, type GraphFiles } from './onnx/compared.ts';
import { openEngine, randomAdapters } from './onnx/expected.ts';
import type {} from './onnx/page.ts';

const FIXTURES = [
  ...['llama', 'llama-biases', 'llama-rope-linear', 'llama-rope-llama3', 'llama-rope-yarn', 'mistral'],
  ...['qwen2', 'qwen2-untied', 'qwen3', 'qwen3-tied', 'gpt2', 'gpt2-inner'],
];
/** f32: sums in another order. f16: weights rounded to it. The engine with the same rounded weights: as f32. */
const TOLERANCE = { f32: 1e-4, f16: 2e-3 } as const;
const NEW_TOKENS = 6;
type Dtype = keyof typeof TOLERANCE;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    wasm: { type: 'boolean', default: false },
    chromium: { type: 'boolean', default: false },
    dtype: { type: 'string', default: 'f32,f16' },
  },
});

type Compare = (files: GraphFiles, expected: readonly Expected[]) => Promise<Compared[]>;

/** WebGPU for onnxruntime-web under Node. Its memory is shared between threads, which Dawn's binding does not copy from. */
function offerGpu(gpu: GPU): void {
  const { writeBuffer } = GPUQueue.prototype;
  GPUQueue.prototype.writeBuffer = function (buffer, bufferOffset, data, ...range) {
    const isShared = data instanceof Uint8Array && data.buffer instanceof SharedArrayBuffer;
    return Reflect.apply(writeBuffer, this, [buffer, bufferOffset, isShared ? data.slice() : data, ...range]);
  };
  const navigator = { gpu, userAgent: 'Node', hardwareConcurrency: 1 };
  Object.defineProperty(globalThis, 'navigator', { value: navigator, configurable: true });
}

async function underNode(adapter: Awaited<ReturnType<typeof openNodeAdapter>>): Promise<Compare> {
  offerGpu(adapter.gpu);
  ort.env.wasm.numThreads = 1;
  ort.env.logLevel = 'error';
  return (files, expected) => compared(ort, values.wasm ? 'wasm' : 'webgpu', files, expected);
}

async function inChromium(): Promise<{ compare: Compare; close: () => Promise<void>; describe: string }> {
  const root = fileURLToPath(new URL('..', import.meta.url));
  const server = await createServer({ root, server: { port: 0, host: 'localhost' }, logLevel: 'error' });
  await server.listen();
  const browser = await chromium.launch({ executablePath: findOrInstallBrowser(), args: browserFlags() });
  const page = await browser.newPage();
  await page.goto(`${server.resolvedUrls?.local[0]}e2e/onnx/page.html`);
  await page.waitForFunction(() => 'compareSent' in window);
  const compare: Compare = (files, expected) => {
    const text = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');
    const bytesOf = (floats: Float32Array) => text(new Uint8Array(floats.buffer, floats.byteOffset, floats.byteLength));
    const adapters = Object.entries(files.adapters).map(([name, bytes]) => [name, text(bytes)] as const);
    const wanted = expected.map((each) => ({ ...each, logits: each.logits.map(bytesOf) }));
    const sent = { graph: text(files.graph), adapters, expected: wanted };
    return page.evaluate((all) => window.compareSent(all), sent);
  };
  const close = async () => {
    await browser.close();
    await server.close();
  };
  return { compare, close, describe: `Chromium ${browser.version()}` };
}

async function graphFiles(entries: readonly ZipEntry[]): Promise<GraphFiles> {
  const read = async (entry: ZipEntry) => new Uint8Array(await entryBytes(entry));
  const graph = entries.find(({ name }) => name.endsWith('.onnx'));
  if (!graph) throw new Error('no graph');
  const factors = entries.filter(({ name }) => name.startsWith('adapters/'));
  const adapters: Record<string, Uint8Array<ArrayBuffer>> = {};
  for (const entry of factors)
    adapters[entry.name.slice('adapters/'.length, -'.safetensors'.length)] = await read(entry);
  return { graph: await read(graph), adapters };
}

/** Prints a row for each adapter; false where something differs by more than it may. */
async function compareFixture(gpu: Gpu, compare: Compare, name: string, dtype: Dtype): Promise<boolean> {
  const { a, model, adapter } = await openFixture(name);
  const tuned = { name: 'merged', ...adapter, block: new Float32Array(adapter.block) };
  const opened = randomAdapters(a);
  const engine = await openEngine(gpu, name, a, 'f32');
  const rounded = dtype === 'f16' ? await openEngine(gpu, name, a, 'f16') : undefined;
  const ids = Array.from({ length: 40 }, (_, i) => (7 + i * 29) % a.vocabularySize);
  const expectedOf = async (one: typeof tuned | undefined, isMerged: boolean): Promise<Expected> => {
    // Weights are rounded after merging: our engine has no such model.
    const engines = rounded && !isMerged ? [engine, rounded] : [engine];
    const logits: Float32Array[] = [];
    for (const each of engines) logits.push(await each.logits(ids, one));
    const greedy = await (engines.at(-1) ?? engine).greedy(ids, one, NEW_TOKENS);
    return { adapter: isMerged ? undefined : one?.name, ids, logits, greedy };
  };
  const merged = await graphFiles(await onnxFolder(model, a, tuned, { dtype }));
  const open = await graphFiles(await onnxAdaptersFolder(model, a, opened, { dtype }));
  const wanted: Expected[] = [];
  for (const one of [undefined, ...opened]) wanted.push(await expectedOf(one, false));
  const results = [...(await compare(merged, [await expectedOf(tuned, true)])), ...(await compare(open, wanted))];
  const isRight = results.map(({ errors: [whole = Number.NaN, same = 0], isSameText }) => {
    return whole < TOLERANCE[dtype] && same < TOLERANCE.f32 && isSameText;
  });
  const rows = ['merged', 'rank 0', ...opened.map((one) => one.name.replace('-', ' '))].map((what, i) => {
    const { errors, isSameText } = results[i] ?? { errors: [], isSameText: false };
    const cells = [
      name,
      dtype,
      what,
      ...[0, 1].map((each) => errors[each]?.toExponential(1) ?? ''),
      isSameText ? 'same' : 'DIFFERS',
    ];
    return `| ${cells.join(' | ')} |${isRight[i] ? '' : ' WRONG'}\n`;
  });
  process.stdout.write(rows.join(''));
  return !isRight.includes(false);
}

const handle = await openNodeAdapter({ prefer: 'lavapipe' });
const gpu = await Gpu.open(handle.adapter, readShaderFiles());
const browser = values.chromium ? await inChromium() : undefined;
const compare = browser?.compare ?? (await underNode(handle));
const where = browser?.describe ?? (values.wasm ? 'WebAssembly' : handle.describe);
process.stdout.write(`onnxruntime-web ${ort.env.versions.web}: ${where}; our engine: ${handle.describe}\n`);
process.stdout.write(
  '| model | dtype | adapter | engine f32 | engine, weights f16 | text |\n|---|---|---|---|---|---|\n',
);
const dtypes = (['f32', 'f16'] as const).filter((dtype) => values.dtype.split(',').includes(dtype));
let isRight = true;
for (const name of positionals.length > 0 ? positionals : FIXTURES) {
  for (const dtype of dtypes) isRight = (await compareFixture(gpu, compare, name, dtype)) && isRight;
}
await browser?.close();
// onnxruntime keeps a device of its own open.
process.exit(isRight ? 0 : 1);
