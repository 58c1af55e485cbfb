// The base that travels along: as transformers looks for it, and what train.py needs to read GGUF files as we do.
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { type ByteSource, bytesSource, readText } from '../formats/byteSource.ts';
import { openModelFolder, openWeights } from '../formats/openModel.ts';
import { writeSafetensors } from '../formats/safetensors.ts';
import type { ZipEntry } from '../formats/zipWriter.ts';
import { architectureOf } from '../model/architecture.ts';
import { baseOf } from './baseFiles.ts';

const FIXTURES = new URL('../../e2e/fixtures/', import.meta.url);
const fixture = (path: string) =>
  bytesSource(new Uint8Array(readFileSync(new URL(path, FIXTURES))), path.slice(path.lastIndexOf('/') + 1));

async function baseIn(files: readonly ByteSource[], weights: 'f32' | 'file' = 'f32') {
  const folder = await openModelFolder(files);
  if (folder.kind !== 'model') throw new Error('no model');
  const architecture = architectureOf(JSON.parse(await readText(folder.config)));
  const opened = await openWeights(folder);
  return baseOf({ folder, architecture, files: opened, weights, name: 'a model', hub: undefined });
}

const names = (entries: readonly ZipEntry[]) => entries.map(({ name }) => name).sort();

describe('a GGUF file', () => {
  test('leaves with what its header says, and which rows are pairs', async () => {
    const { base, baseFiles } = await baseIn([fixture('gguf/llama-biases.gguf')], 'file');
    expect(base).toMatchObject({ kind: 'folder', id: 'base/llama-biases.gguf' });
    const small = ['base/config.json', 'base/generation_config.json'];
    const tokenizer = ['base/tokenizer.json', 'base/tokenizer_config.json'];
    expect(names(baseFiles)).toEqual([...small, 'base/llama-biases.gguf', ...tokenizer]);
    const config = architectureOf(
      JSON.parse(readFileSync(new URL('parity/llama-biases/model/config.json', FIXTURES), 'utf8')),
    );
    expect(base.gguf).toMatchObject({
      'token_embd.weight': { name: 'model.embed_tokens.weight' },
      'blk.1.attn_q.weight': { name: 'model.layers.1.self_attn.q_proj.weight', pairsOf: config.headDim },
      'blk.0.attn_k.bias': { name: 'model.layers.0.self_attn.k_proj.bias', pairsOf: config.headDim },
      'blk.0.attn_v.weight': { name: 'model.layers.0.self_attn.v_proj.weight' },
    });
    expect(base.gguf?.['blk.0.attn_v.weight']).not.toHaveProperty('pairsOf');
  });

  test("of GPT-2: its matrices lie the other way, vectors and embeddings don't", async () => {
    const { base } = await baseIn([fixture('gguf/gpt2.gguf')], 'file');
    const isTransposed = Object.entries(base.gguf ?? {}).filter(([, fact]) => fact.isTransposed);
    const matrices = ['attn_output', 'attn_qkv', 'ffn_down', 'ffn_up'];
    const parts = new Set(isTransposed.map(([name]) => /^blk\.\d+\.(\w+)\.weight$/.exec(name)?.[1]));
    expect([...parts].sort()).toEqual(matrices);
    expect(isTransposed.every(([, { pairsOf }]) => pairsOf === undefined)).toBe(true);
  });

  test('in parts: all of them, named by the first', async () => {
    const parts = [1, 2, 3].map((i) => fixture(`gguf/qwen2-untied-0000${i}-of-00003.gguf`));
    const { base, baseFiles } = await baseIn(parts, 'file');
    expect(base.id).toBe('base/qwen2-untied-00001-of-00003.gguf');
    expect(names(baseFiles).filter((name) => name.endsWith('.gguf'))).toHaveLength(3);
  });
});

describe('safetensors', () => {
  const model = (name: string) => fixture(`parity/llama/model/${name}`);
  const around = () => [model('config.json'), model('tokenizer.json')];

  test('one file, whatever it was called, leaves under the name that transformers opens', async () => {
    const weights = { ...model('model.safetensors'), name: 'weights of mine.safetensors' };
    const { base, baseFiles } = await baseIn([...around(), weights]);
    expect(base).toMatchObject({ kind: 'folder', id: 'base' });
    expect(base).not.toHaveProperty('gguf');
    expect(names(baseFiles)).toEqual(['base/config.json', 'base/model.safetensors', 'base/tokenizer.json']);
  });

  test('shards without an index get one', async () => {
    const { tensors } = await openWeights({ ...(await folderOf([...around(), model('model.safetensors')])) });
    const half = [...tensors.values()];
    const shards = await Promise.all(
      [half.slice(0, 5), half.slice(5)].map(async (part, i) => {
        const entries = part.map(({ source, info }) => ({
          name: info.name,
          dtype: 'F32' as const,
          shape: info.shape,
          bytes: () => source.read(info.offset, info.sizeBytes),
        }));
        const chunks: Uint8Array[] = [];
        await writeSafetensors(entries, async (chunk) => void chunks.push(chunk));
        return bytesSource(new Uint8Array(Buffer.concat(chunks)), `model-0000${i + 1}-of-00002.safetensors`);
      }),
    );
    const { baseFiles } = await baseIn([...around(), ...shards]);
    const index = baseFiles.find(({ name }) => name === 'base/model.safetensors.index.json');
    const { weight_map: map } = JSON.parse(new TextDecoder().decode(await textOf(index)));
    expect(Object.keys(map).sort()).toEqual([...tensors.keys()].sort());
    expect(new Set(Object.values(map)).size).toBe(2);
  });
});

async function folderOf(files: readonly ByteSource[]) {
  const folder = await openModelFolder(files);
  if (folder.kind !== 'model') throw new Error('no model');
  return folder;
}

async function textOf(entry: ZipEntry | undefined): Promise<Uint8Array> {
  const bytes = entry?.bytes();
  if (!bytes || Symbol.asyncIterator in bytes) throw new Error('no such text');
  return bytes;
}
