// llama.cpp on the GGUF files that we write, by its Node binding, which is no dependency of ours: install it anywhere
// (npm install node-llama-cpp) and name that folder.
//
//   npx tsx e2e/llamaCpp.ts WHERE                        # every small model of the fixtures: logits against PEFT's,
//                                                        # token ids against those of the Rust library
//   npx tsx e2e/llamaCpp.ts WHERE MODEL REFERENCE [FILE.gguf]
//                                                        # a real model's folder, and what smollm2_parity.py made of it:
//                                                        # greedy text against PEFT's; FILE.gguf: of the same model
//
// Exits with 1 when something differs by more than it may.
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { runCommandLine } from '../src/cli/commandLine.ts';
import { writeFiles } from '../src/cli/outputFiles.ts';
import { bytesSource } from '../src/formats/byteSource.ts';
import { toFloat32 } from '../src/formats/dtypes.ts';
import { ggufVocabulary } from '../src/formats/ggufVocabulary.ts';
import { ggufEntry } from '../src/formats/ggufWriter.ts';
import { readSafetensorsHeader } from '../src/formats/safetensors.ts';
import { type Answer, exitCode, readExpected, report } from './realModelReference.ts';

/** What of node-llama-cpp 3 is used. */
interface LlamaLibrary {
  getLlama(options: object): Promise<{ loadModel(options: object): Promise<LlamaModel> }>;
}
interface LlamaModel {
  tokenize(text: string, specialTokens?: boolean): number[];
  detokenize(tokens: readonly number[], specialTokens?: boolean): string;
  createContext(options: object): Promise<{ getSequence(): LlamaSequence; dispose(): Promise<void> }>;
  dispose(): Promise<void>;
}
interface LlamaSequence {
  controlledEvaluate(input: readonly unknown[]): Promise<({ next: { logits?: Map<number, number> } } | undefined)[]>;
  evaluate(tokens: readonly number[], options: object): AsyncIterable<number>;
  clearHistory(): Promise<void>;
}

/**
 * Largest difference over largest logit, with keys and values kept in f32. Its Q8_0 products round activations too, and its
 * GELU is a table in f16.
 */
const TOLERANCE = { F32: 1e-5, F16: 5e-3, Q8_0: 0.05, gelu: 1e-3 } as const;

const FIXTURES = fileURLToPath(new URL('fixtures/', import.meta.url));

async function openLlama(where: string) {
  const path = join(where, 'node_modules/node-llama-cpp/dist/index.js');
  const library: LlamaLibrary = await import(pathToFileURL(path).href);
  return library.getLlama({ gpu: false, build: 'never', logLevel: 'fatal', maxThreads: 2 });
}
type Llama = Awaited<ReturnType<typeof openLlama>>;

/** [tokens, vocabulary] */
async function theirLogits(llama: Llama, modelPath: string, lora: string | undefined, ids: readonly number[]) {
  const model = await llama.loadModel({ modelPath, useMmap: false });
  const context = await model.createContext(contextOptions(lora));
  const input = ids.map((id) => [id, { generateNext: { logits: true } }]);
  const rows = (await context.getSequence().controlledEvaluate(input)).map((output) => {
    const row: number[] = [];
    for (const [token, logit] of output?.next.logits ?? []) row[token] = logit;
    return row;
  });
  await context.dispose();
  await model.dispose();
  return rows;
}

function contextOptions(lora: string | undefined): object {
  const adapters = lora === undefined ? {} : { lora: { adapters: [{ filePath: lora }] } };
  const cache = { experimentalKvCacheKeyType: 'F32', experimentalKvCacheValueType: 'F32' };
  return { contextSize: 512, batchSize: 512, flashAttention: false, ...cache, ...adapters };
}

function compare(what: string, ours: readonly (readonly number[])[], theirs: Float32Array, tolerance: number): void {
  const cols = theirs.length / ours.length;
  let [difference, scale] = [0, 0];
  theirs.forEach((value, i) => {
    const mine = ours[Math.floor(i / cols)]?.[i % cols] ?? Number.NaN;
    difference = Math.max(difference, Number.isNaN(mine) ? Number.POSITIVE_INFINITY : Math.abs(value - mine));
    scale = Math.max(scale, Math.abs(value));
  });
  report(`${what}: logits`, difference / scale <= tolerance, (difference / scale).toExponential(1));
}

async function exported(model: string, adapter: string | undefined, format: string, dtype: string, out: string) {
  const from = adapter === undefined ? [] : ['--adapter', adapter];
  const args = ['export', '--model', model, ...from, '--format', format, '--dtype', dtype, '--out', out];
  if ((await runCommandLine(args)) !== 0) throw new Error(args.join(' '));
  return out;
}

async function fixtureModels(llama: Llama, scratch: string): Promise<void> {
  // gpt2-inner has an activation that llama.cpp does not run, cli-… have their logits elsewhere.
  for (const name of readdirSync(`${FIXTURES}parity`).filter((other) => !/^(cli-|gpt2-inner)/.test(other))) {
    const folder = `${FIXTURES}parity/${name}`;
    const expected: { batch: { rows: { ids: number[] }[] } } = JSON.parse(
      readFileSync(`${folder}/expected.json`, 'utf8'),
    );
    const source = bytesSource(readFileSync(`${folder}/expected.safetensors`), 'expected.safetensors');
    const { tensors } = await readSafetensorsHeader(source);
    const [model, adapter] = [`${folder}/model`, `${folder}/adapter`];
    const base = await exported(model, undefined, 'gguf', 'f32', join(scratch, `${name}.gguf`));
    const lora = await exported(model, adapter, 'gguf-lora', 'f32', join(scratch, `${name}-lora.gguf`));
    const merged = await exported(model, adapter, 'gguf', 'f32', join(scratch, `${name}-merged.gguf`));
    const exact = name.startsWith('gpt2') ? TOLERANCE.gelu : TOLERANCE.F32;
    const halves = await exported(model, adapter, 'gguf', 'f16', join(scratch, `${name}-f16.gguf`));
    for (const [i, { ids }] of expected.batch.rows.entries()) {
      const info = tensors.get(`logits/${i}`);
      if (!info || ids.length < 8) continue;
      const theirs = toFloat32(await source.read(info.offset, info.sizeBytes), 'F32');
      const row = `${name}, row ${i}`;
      compare(`${row}, base + adapter`, await theirLogits(llama, base, lora, ids), theirs, exact);
      compare(`${row}, merged F32`, await theirLogits(llama, merged, undefined, ids), theirs, exact);
      compare(`${row}, merged F16`, await theirLogits(llama, halves, undefined, ids), theirs, TOLERANCE.F16);
    }
  }
}

/** Token ids of odd texts, against the Rust library's. */
async function fixtureTokenizers(llama: Llama, scratch: string): Promise<void> {
  for (const name of readdirSync(`${FIXTURES}tokenizers`)) {
    const json = (file: string) => JSON.parse(readFileSync(`${FIXTURES}tokenizers/${name}/${file}`, 'utf8'));
    const files = { tokenizer: json('tokenizer.json'), tokenizerConfig: json('tokenizer_config.json') };
    const { entries, notes } = ggufVocabulary({ ...files, generationConfig: undefined, chatTemplate: undefined }, 600);
    const architecture = { key: 'general.architecture', type: 'string', value: 'llama' } as const;
    await writeFiles(scratch, [ggufEntry(`${name}.gguf`, [architecture, ...entries], [])]);
    const model = await llama.loadModel({ modelPath: join(scratch, `${name}.gguf`), vocabOnly: true });
    const cases: { text: string; ids: number[] }[] = json('expected.json');
    // llama.cpp never normalizes.
    const normal = cases.filter(({ text }) => text === text.normalize('NFC'));
    const differing = normal.filter(({ text, ids }) => model.tokenize(text, true).join() !== ids.join());
    const some = differing.slice(0, 3).map(({ text }) => JSON.stringify(text));
    const figure = `${normal.length - differing.length} of ${normal.length} texts ${some.join(' ')} ${notes.join(' ')}`;
    report(`${name}: token ids`, differing.length === 0 || notes.length > 0, figure);
    await model.dispose();
  }
}

/** Greedy text of a real model, against what transformers and PEFT answered (e2e/reference/smollm2_parity.py). */
async function realModel(llama: Llama, scratch: string, model: string, reference: string, ggufFile?: string) {
  const { base, afterTenSteps } = readExpected(reference);
  const adapter = join(reference, 'adapter-after-10');
  const out = (name: string) => join(scratch, `${name}.gguf`);
  const lora = await exported(model, adapter, 'gguf-lora', 'f32', out('lora'));
  const plain = await exported(model, undefined, 'gguf', 'f32', out('base'));
  const halves = await exported(model, adapter, 'gguf', 'f16', out('merged-f16'));
  const eighths = await exported(model, adapter, 'gguf', 'q8', out('merged-q8'));
  await compareAnswers(llama, 'base, F32', plain, undefined, base);
  await compareAnswers(llama, 'base F32 + adapter', plain, lora, afterTenSteps);
  await compareAnswers(llama, 'merged, F16', halves, undefined, afterTenSteps);
  await compareAnswers(llama, 'merged, Q8_0', eighths, undefined, afterTenSteps);
  if (ggufFile !== undefined) await compareAnswers(llama, 'the file given + adapter', ggufFile, lora, afterTenSteps);
}

async function compareAnswers(
  llama: Llama,
  what: string,
  modelPath: string,
  lora: string | undefined,
  answers: readonly Answer[],
): Promise<void> {
  const model = await llama.loadModel({ modelPath });
  const context = await model.createContext(contextOptions(lora));
  const sequence = context.getSequence();
  for (const { prompt, promptIds, ids: theirs, text } of answers) {
    const tokens = model.tokenize(prompt, true);
    report(`${what}: ids of ${JSON.stringify(prompt)}`, tokens.join() === promptIds.join(), `${tokens.length}`);
    await sequence.clearHistory();
    const ids: number[] = [];
    for await (const id of sequence.evaluate(tokens, { temperature: 0, yieldEogToken: true })) {
      if (ids.push(id) === theirs.length) break;
    }
    const at = theirs.findIndex((id, i) => id !== ids[i]);
    const other = `${JSON.stringify(model.detokenize(ids))} instead of ${JSON.stringify(text)}, from token ${at}`;
    report(`${what}: greedy text`, at < 0, at < 0 ? JSON.stringify(text) : other);
  }
  await context.dispose();
  await model.dispose();
}

async function main(where?: string, model?: string, reference?: string, ggufFile?: string): Promise<void> {
  if (where === undefined || (model !== undefined && reference === undefined)) {
    throw new Error('npx tsx e2e/llamaCpp.ts WHERE [MODEL REFERENCE [FILE.gguf]]');
  }
  const scratch = await mkdtemp(join(tmpdir(), 'rankwise-llama-cpp-'));
  const llama = await openLlama(where);
  if (model === undefined || reference === undefined) {
    await fixtureTokenizers(llama, scratch);
    await fixtureModels(llama, scratch);
  } else await realModel(llama, scratch, model, reference, ggufFile);
  await rm(scratch, { recursive: true });
  process.exit(exitCode());
}

const [, , where, model, reference, ggufFile] = process.argv;
await main(where, model, reference, ggufFile);
