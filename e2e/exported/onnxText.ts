// An exported ONNX folder, run by onnxruntime-web in WebAssembly, as a page without WebGPU runs it.
import type { Tensor } from 'onnxruntime-web';
import { openTokenizer } from '../../src/data/openTokenizer.ts';
import { type ByteSource, readChunks } from '../../src/formats/byteSource.ts';
import { openSession, run } from '../../src/onnx/testSession.ts';
import { builtinArchitecture } from './opened.ts';

const MAX_NEW_TOKENS = 64;

/** What the folder's model continues a prompt with, greedy, as the Playground shows it. */
export type OnnxAnswerer = (prompt: string, inputs?: Readonly<Record<string, Tensor>>) => Promise<string>;

/** `files`: of a folder of the built-in model. */
export async function openOnnx(files: readonly ByteSource[]): Promise<OnnxAnswerer> {
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
  return async (prompt, inputs = {}) => {
    const said: number[] = [];
    let ids = tokenizer.encode(prompt);
    let cache: Parameters<typeof run>[3];
    while (said.length < MAX_NEW_TOKENS) {
      const answer = await run(session, architecture, { ids: [ids] }, cache, inputs);
      const next = largest(answer.logits.subarray(-architecture.vocabularySize));
      if (tokenizer.stopIds.includes(next)) break;
      said.push(next);
      ids = [next];
      cache = answer.cache;
    }
    return tokenizer.decode(said, { skipSpecial: true }).trim();
  };
}

function largest(logits: Float32Array): number {
  let best = 0;
  for (let i = 1; i < logits.length; i++) if (logits[i]! > logits[best]!) best = i;
  return best;
}
