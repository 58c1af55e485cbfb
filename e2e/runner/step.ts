// One step of the test command: a child process with a time limit, its output shown as it comes.
import { spawn } from 'node:child_process';

export interface Command {
  /** npm binary or program, found on PATH (npm run puts node_modules/.bin there). */
  program: string;
  args: string[];
  env?: Record<string, string>;
  limitMs: number;
}

export interface Outcome {
  isOk: boolean;
  elapsedMs: number;
  /** Why it did not end by itself with 0; null when it did. */
  problem: string | null;
}

/** Runs `command` to its end. Past the limit its whole process group is killed and the outcome is a failure. */
export function runCommand({ program, args, env, limitMs }: Command): Promise<Outcome> {
  const startMs = performance.now();
  const isWindows = process.platform === 'win32';
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      stdio: ['ignore', 'inherit', 'inherit'],
      env: { ...process.env, ...env },
      detached: !isWindows,
      shell: isWindows,
    });
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      if (child.pid !== undefined && !isWindows) process.kill(-child.pid, 'SIGKILL');
      else child.kill('SIGKILL');
    }, limitMs);
    const end = (problem: string | null) => {
      clearTimeout(timer);
      resolve({ isOk: problem === null, elapsedMs: performance.now() - startMs, problem });
    };
    child.on('error', (error) => end(`${program} did not start: ${error.message}`));
    child.on('close', (code, signal) => {
      if (isLate) end(`stopped after ${Math.round(limitMs / 1000)} s`);
      else end(code === 0 ? null : `exit code ${code ?? signal}`);
    });
  });
}
