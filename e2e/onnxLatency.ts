// "No additional inference latency" in onnxruntime-web: the built-in model or one of yours, merged and with the adapter
// left open against the base, as WebAssembly under Node; and the built-in one in the Playground, in Chromium. Prints the
// README's table. Measures what else the machine does, too: run it alone.
//
//   npx tsx e2e/onnxLatency.ts [--model DIR] [--rank 8] [--rounds 9] [--browser]
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { chromium } from '@playwright/test';
import * as ort from 'onnxruntime-web/wasm';
import { build, preview } from 'vite';
import { openLocalAdapter } from '../src/cli/adapterFolder.ts';
import { openLocalModel } from '../src/cli/modelFolder.ts';
import { type ByteSource, bytesSource } from '../src/formats/byteSource.ts';
import type { ZipEntry } from '../src/formats/zipWriter.ts';
import { onnxAdaptersFolder } from '../src/onnx/adaptersFolder.ts';
import { onnxFolder } from '../src/onnx/onnxFolder.ts';
import { loadAdapter } from '../src/runtime/adapterFeeds.ts';
import { Decoder } from '../src/runtime/decoder.ts';
import { readGraph, sortExportedFolder } from '../src/runtime/exportedFolder.ts';
import { timeLanes } from '../src/runtime/latency.ts';
import type { Spread } from '../src/runtime/protocol.ts';
import { browserFlags, findOrInstallBrowser } from './browser.ts';
import { BUILTIN_MODEL, rankwise } from './exported/opened.ts';
import { LibraryPage } from './pages/libraryPage.ts';
import { OnnxPanel } from './pages/onnxPanels.ts';
import { PlaygroundPage } from './pages/playgroundPage.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const PROMPT = 'table: farm | region | age | season\nquestion: which farm with region north has the smallest age?\n';
const PROMPT_TOKENS = 24;
const NEW_TOKENS = 24;

const { values } = parseArgs({
  options: {
    model: { type: 'string', default: BUILTIN_MODEL },
    rank: { type: 'string', default: '8' },
    rounds: { type: 'string', default: '9' },
    browser: { type: 'boolean', default: false },
  },
});

async function bytesOf(entry: ZipEntry): Promise<ByteSource> {
  const chunks: Uint8Array[] = [];
  const bytes = entry.bytes();
  for await (const chunk of Symbol.asyncIterator in bytes ? bytes : [bytes]) chunks.push(chunk.slice());
  return bytesSource(Buffer.concat(chunks), entry.name);
}

async function open(entries: readonly ZipEntry[]) {
  const files: ByteSource[] = [];
  for (const entry of entries) files.push(await bytesOf(entry));
  const folder = sortExportedFolder(files);
  const decoder = await Decoder.open(ort, await readGraph(folder.graphs[0]!), 'wasm');
  const adapter = folder.adapters[0] && (await loadAdapter(folder.adapters[0], decoder)).feeds;
  return { decoder, adapter: adapter ?? {} };
}

function spreadText({ median, lowest, highest }: Spread, unit: string): string {
  const digits = (value: number) => value.toFixed(value < 99.95 ? (unit === '×' ? 2 : 1) : 0);
  return `${digits(median)} ${unit} (${digits(lowest)}–${digits(highest)})`;
}

async function underNode(adapterFolder: string): Promise<void> {
  ort.env.wasm.numThreads = 1;
  ort.env.logLevel = 'error';
  const { folder, architecture } = await openLocalModel(values.model);
  const adapter = await openLocalAdapter(adapterFolder, architecture);
  const options = { dtype: 'f32' } as const;
  const base = await open(await onnxFolder(folder, architecture, undefined, options));
  const merged = await open(await onnxFolder(folder, architecture, adapter, options));
  const opened = await open(await onnxAdaptersFolder(folder, architecture, [{ name: 'a', ...adapter }], options));
  const lanes = { base, merged, 'adapter beside W': opened, 'open graph, no adapter': { ...opened, adapter: {} } };
  const times = await timeLanes({
    lanes: Object.values(lanes),
    ids: Array.from({ length: PROMPT_TOKENS }, (_, i) => i + 5),
    newTokens: NEW_TOKENS,
    rounds: Number(values.rounds),
    signal: new AbortController().signal,
    onTurn: () => {},
  });
  Object.keys(lanes).forEach((name, i) => {
    const { msPerToken, ratio, firstTokenMs } = times[i]!;
    const cells = [spreadText(msPerToken, 'ms'), spreadText(ratio, '×'), spreadText(firstTokenMs, 'ms')];
    process.stdout.write(`| ${name} | ${cells.join(' | ')} |\n`);
  });
}

async function inChromium(adapterFolder: string): Promise<void> {
  const outDir = join(ROOT, '.cache/onnxLatency');
  await build({ root: ROOT, logLevel: 'error', build: { outDir, emptyOutDir: true } });
  const server = await preview({ root: ROOT, logLevel: 'error', build: { outDir }, preview: { port: 0 } });
  const browser = await chromium.launch({ executablePath: findOrInstallBrowser(), args: browserFlags() });
  const page = await browser.newPage({ baseURL: server.resolvedUrls?.local[0] });
  const library = new LibraryPage(page);
  await library.open();
  await library.importFolder(adapterFolder);
  await page.getByText('Trained elsewhere and imported').waitFor({ timeout: 120_000 });
  const playground = new PlaygroundPage(page);
  await playground.open();
  await playground.prompt.fill(PROMPT);
  process.stdout.write(`Chromium ${browser.version()}\n${await new OnnxPanel(page).timeMerged()}\n`);
  await browser.close();
  await server.close();
}

const work = mkdtempSync(join(tmpdir(), 'rankwise-latency-'));
try {
  const data = join(BUILTIN_MODEL, '../data/sql.jsonl');
  const adapter = join(work, 'adapter');
  const settings = [
    '--rank',
    values.rank,
    '--targets',
    'q,k,v,o',
    '--steps',
    '1',
    '--batch',
    '1',
    '--max-length',
    '64',
  ];
  await rankwise('train', '--model', values.model, '--data', data, '--out', adapter, ...settings);
  process.stdout.write(`${cpus()[0]?.model}, Node ${process.version}, onnxruntime-web ${ort.env.versions.web}\n`);
  await underNode(adapter);
  if (values.browser) await inChromium(adapter);
} finally {
  rmSync(work, { recursive: true, force: true });
}
