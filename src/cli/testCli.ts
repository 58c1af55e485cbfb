// Runs the command line: as a person does, in a process of its own, or here, for what ends before the GPU is opened.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { vi } from 'vitest';
import { runCommandLine } from './commandLine.ts';

const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url));
const ROOT = fileURLToPath(new URL('../..', import.meta.url));
export const PARITY = fileURLToPath(new URL('../../e2e/fixtures/parity/', import.meta.url));

export interface CliResult {
  readonly code: number | null;
  readonly stdout: string;
  /** Dawn's own warnings about limits left out. */
  readonly stderr: string;
}

/** `onStart` gets the process, to send it signals. */
export function runCli(args: readonly string[], onStart: (child: ChildProcess) => void = () => {}): Promise<CliResult> {
  // Not this process's own variables of npm: paths are meant from the repository.
  const env = { ...process.env, npm_lifecycle_event: '' };
  const child = spawn(process.execPath, ['--import', 'tsx', MAIN, ...args], { cwd: ROOT, env });
  onStart(child);
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr: stderr.replace(/^Warning: max.*\n/gm, '') }));
  });
}

/** In this process: quick, but one at a time. */
export async function runHere(args: readonly string[]): Promise<CliResult> {
  const written = { stdout: '', stderr: '' };
  const spies = (['stdout', 'stderr'] as const).map((name) =>
    vi.spyOn(process[name], 'write').mockImplementation((text) => {
      written[name] += text.toString();
      return true;
    }),
  );
  try {
    return { code: await runCommandLine(args), ...written };
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
}

/** As runCli; throws unless the command ended well. */
export async function runCliWell(...args: string[]): Promise<CliResult> {
  const result = await runCli(args);
  if (result.code !== 0) throw new Error(`exit code ${result.code}: ${result.stderr}`);
  return result;
}

export function temporaryFolder(): string {
  return mkdtempSync(join(tmpdir(), 'rankwise-cli-'));
}

export function readLines(path: string): Record<string, unknown>[] {
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
}
