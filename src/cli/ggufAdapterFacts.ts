// What `inspect` says of a GGUF LoRA adapter: it is read without its base model.
import type { ByteSource } from '../formats/byteSource.ts';
import { readGgufHeader } from '../formats/gguf.ts';
import { GgufMetadata } from '../formats/ggufMetadata.ts';

/** undefined where the file is no adapter. Throws FormatError. */
export async function ggufAdapterFacts(
  source: ByteSource,
): Promise<(readonly [string, string | number])[] | undefined> {
  const { metadata, tensors } = await readGgufHeader(source);
  const keys = new GgufMetadata(source.name, metadata);
  if (keys.text('general.type') !== 'adapter') return undefined;
  const downs = [...tensors.values()].filter(({ name }) => name.endsWith('.lora_a'));
  const ranks = [...new Set(downs.map(({ shape }) => shape[0] ?? 0))].sort((x, y) => x - y);
  const targets = downs.map(({ name }) => name.replace(/^blk\.\d+\./, '').replace('.weight.lora_a', ''));
  const elements = (shape: readonly number[]) => shape.reduce((product, size) => product * size, 1);
  return [
    ['adapter', `GGUF ${keys.text('adapter.type') ?? 'of no kind'}, scaled by alpha / rank`],
    ['architecture', keys.text('general.architecture') ?? 'not named'],
    ['base model', keys.text('general.base_model.0.repo_url') ?? keys.text('general.base_model.0.name') ?? 'not named'],
    ['rank', ranks.join(', ')],
    ['alpha', keys.number('adapter.lora.alpha') ?? 'none'],
    ['target modules', [...new Set(targets)].join(', ')],
    ['adapted matrices', downs.length],
    ['parameters', [...tensors.values()].reduce((sum, { shape }) => sum + elements(shape), 0)],
    ['stored as', [...new Set([...tensors.values()].map(({ dtype }) => dtype))].join(', ')],
  ];
}
