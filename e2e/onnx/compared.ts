// One exported graph in onnxruntime-web, as the Playground runs it: its logits and its greedy text against what they
// should be. Runs under Node and, sent by the dev server, in a page.
import { bytesSource } from '../../src/formats/byteSource.ts';
import { best } from '../../src/model/sampling.ts';
import { loadAdapter } from '../../src/runtime/adapterFeeds.ts';
import { type AdapterFeeds, Decoder } from '../../src/runtime/decoder.ts';
import { logitsDifference } from '../../src/runtime/logitsDifference.ts';
import type { Ort } from '../../src/runtime/ortRuntime.ts';
import type { Provider } from '../../src/runtime/protocol.ts';

export interface GraphFiles {
  readonly graph: Uint8Array<ArrayBuffer>;
  /** Safetensors files of open adapters, by name. */
  readonly adapters: Readonly<Record<string, Uint8Array<ArrayBuffer>>>;
}

export interface Expected {
  /** Of GraphFiles' adapters; none: the graph as it is. */
  readonly adapter: string | undefined;
  readonly ids: readonly number[];
  /** [ids, vocabulary] by each engine that is compared with. */
  readonly logits: readonly Float32Array[];
  /** What greedy decoding adds to `ids`. */
  readonly greedy: readonly number[];
}

export interface Compared {
  /** Largest difference over largest logit, for each of the expected logits. */
  readonly errors: readonly number[];
  readonly isSameText: boolean;
}

export async function compared(
  ort: Ort,
  provider: Provider,
  { graph, adapters }: GraphFiles,
  expected: readonly Expected[],
): Promise<Compared[]> {
  const decoder = await Decoder.open(ort, { graph, externalData: [] }, provider);
  const results: Compared[] = [];
  for (const { adapter: name, ids, logits, greedy } of expected) {
    const file = name === undefined ? undefined : adapters[name];
    const adapter = file ? (await loadAdapter(bytesSource(file, `${name}.safetensors`), decoder)).feeds : {};
    const errors: number[] = [];
    for (const rows of logits) {
      const request = { decoder, adapter, ids, oneByOne: 3, expected: rows, signal: new AbortController().signal };
      const { largest, scale } = await logitsDifference(request);
      errors.push(largest / scale);
    }
    const text = await greedyText(decoder, adapter, ids, greedy.length);
    results.push({ errors, isSameText: text.join() === greedy.join() });
  }
  await decoder.release();
  return results;
}

async function greedyText(decoder: Decoder, adapter: AdapterFeeds, ids: readonly number[], count: number) {
  const conversation = decoder.start(adapter);
  const text: number[] = [];
  let fresh = ids;
  while (text.length < count) {
    const id = best(await conversation.take(fresh, async () => {}));
    text.push(id);
    fresh = [id];
  }
  conversation.end();
  return text;
}
