// An exported ONNX folder, run by onnxruntime-web in WebAssembly, as a page without WebGPU runs it.

import type { InferenceSession, Tensor } from 'onnxruntime-web';
import * as ort from 'onnxruntime-web';
import { openTokenizer } from '../../src/data/openTokenizer.ts';
import { type ByteSource, readChunks } from '../../src/formats/byteSource.ts';
import { openSession, run } from '../../src/onnx/testSession.ts';
import { builtinArchitecture } from './opened.ts';

const MAX_NEW_TOKENS = 64;

export interface OpenedOnnx {
  readonly session: InferenceSession;
  /** What the model continues a prompt with, greedy, as the Playground shows it. `inputs`: the graph's further ones. */
  readonly answer: (prompt: string, inputs?: Readonly<Record<string, Tensor>>) => Promise<string>;
}

/** `files`: of a folder of the built-in model. */
export async function openOnnx(files: readonly ByteSource[]): Promise<OpenedOnnx> {
  const named = (name: string) => files.find((file) => file.name === name);
  const tokenizerFile = named('tokenizer.json');
  if (!tokenizerFile) throw new Error('no tokenizer.json');
  const tokenizer = await openTokenizer({
    tokenizer: tokenizerFile,
    tokenizerConfig: named('tokenizer_config.json'),
    generationConfig: named('generation_config.json'),
    chatTemplate: named('chat_template.jinja'),
  });
  const architecture = builtinArchitecture();
  const session = await openSession(files.map((file) => ({ ...file, bytes: () => readChunks(file) })));
  const answer: OpenedOnnx['answer'] = async (prompt, inputs = {}) => {
    const said: number[] = [];
    let ids = tokenizer.encode(prompt);
    let cache: Parameters<typeof run>[3];
    while (said.length < MAX_NEW_TOKENS) {
      const { logits, cache: present } = await run(session, architecture, { ids: [ids] }, cache, inputs);
      const next = largest(logits.subarray(-architecture.vocabularySize));
      if (tokenizer.stopIds.includes(next)) break;
      said.push(next);
      ids = [next];
      cache = present;
    }
    return tokenizer.decode(said, { skipSpecial: true }).trim();
  };
  return { session, answer };
}

type Feeds = Record<string, Tensor>;

/** The script that lies beside open adapters. */
interface AdaptersScript {
  loadAdapter(runtime: typeof ort, url: string): Promise<Feeds>;
  adapterFeeds(runtime: typeof ort, session: InferenceSession, adapter?: Feeds): Feeds;
}

/** What the folder's own script makes of one of its adapters: inputs for a call. None: those of the base. */
export async function openAdapterInputs(
  files: readonly ByteSource[],
  session: InferenceSession,
  adapterFile?: string,
): Promise<Feeds> {
  const { loadAdapter, adapterFeeds }: AdaptersScript = await import(
    await dataUrl(files, 'adapters.js', 'text/javascript')
  );
  if (adapterFile === undefined) return adapterFeeds(ort, session);
  const url = await dataUrl(files, adapterFile, 'application/octet-stream');
  return adapterFeeds(ort, session, await loadAdapter(ort, url));
}

async function dataUrl(files: readonly ByteSource[], name: string, type: string): Promise<string> {
  const file = files.find((known) => known.name === name);
  if (!file) throw new Error(`no ${name}`);
  return `data:${type};base64,${Buffer.from(await file.read(0, file.sizeBytes)).toString('base64')}`;
}

function largest(logits: Float32Array): number {
  let best = 0;
  for (let i = 1; i < logits.length; i++) if (logits[i]! > logits[best]!) best = i;
  return best;
}
