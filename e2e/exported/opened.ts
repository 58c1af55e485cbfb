// What was exported, unpacked on disk and opened: by our own readers, and by the command line in a process of its own.
import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { unzipSync } from 'fflate';
import { z } from 'zod';
import { layOutAdapters } from '../../src/adapters/adapterSet.ts';
import { readAdapter } from '../../src/adapters/peftFolder.ts';
import { type ByteSource, readText } from '../../src/formats/byteSource.ts';
import { type Architecture, architectureOf } from '../../src/model/architecture.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const MAIN = join(ROOT, 'src/cli/main.ts');
export const BUILTIN_MODEL = join(ROOT, 'public/builtin/model');

export function builtinArchitecture(): Architecture {
  const config: unknown = JSON.parse(readFileSync(join(BUILTIN_MODEL, 'config.json'), 'utf8'));
  return architectureOf(z.record(z.string(), z.unknown()).parse(config));
}

export interface Downloaded {
  readonly name: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** Writes a zip's files, or the file itself, below `folder`; the paths of what was written, from there. */
export function unpack({ name, bytes }: Downloaded, folder: string): string[] {
  const files = name.endsWith('.zip') ? Object.entries(unzipSync(bytes)) : [[name, bytes] as const];
  for (const [path, content] of files) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
  return files.map(([path]) => path);
}

/** The built-in model's adapter as parameters in our own order. */
export async function parametersOf(files: readonly ByteSource[]): Promise<Float32Array> {
  const architecture = builtinArchitecture();
  const adapter = await readAdapter(files, architecture);
  const [layout] = layOutAdapters(architecture, [adapter.spec]);
  if (!layout) throw new Error('an adapter of no matrices');
  return adapter.parametersFor(layout);
}

/** What a JSON file, or each line of a JSONL file, says. Throws where it is none. */
export async function parsed(file: ByteSource): Promise<unknown[]> {
  const text = await readText(file);
  const pieces = file.name.endsWith('.jsonl') ? text.split('\n').filter((line) => line !== '') : [text];
  return pieces.map((piece): unknown => JSON.parse(piece));
}

/** Runs the command line in a process of its own; what it writes to standard output. Rejects unless it ends well. */
export async function rankwise(...args: string[]): Promise<string> {
  return (await promisify(execFile)(process.execPath, ['--import', 'tsx', MAIN, ...args], { cwd: ROOT })).stdout;
}

/** What the command line continues `prompt` with, greedy, as the Playground shows it. */
export async function cliText(prompt: string, ...modelFlags: string[]): Promise<string> {
  const stdout = await rankwise('generate', '--prompt', prompt, '--max-new-tokens', '64', '--json', ...modelFlags);
  return z.object({ text: z.string() }).parse(JSON.parse(stdout)).text.trim();
}
