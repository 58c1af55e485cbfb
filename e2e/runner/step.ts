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

/** Time between interrupting a late step, so that it closes its browser and server, and killing it. */
const GRACE_MS = 10_000;

/** Runs `command` to its end. Past the limit its whole process group is ended and the outcome is a failure. */
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
    const kill = (signal: 'SIGINT' | 'SIGKILL') => {
      if (child.pid !== undefined && !isWindows) process.kill(-child.pid, signal);
      else child.kill(signal);
    };
    let isLate = false;
    let killTimer: NodeJS.Timeout | undefined;
    const timer = setTimeout(() => {
      isLate = true;
      kill('SIGINT');
      killTimer = setTimeout(() => kill('SIGKILL'), GRACE_MS);
    }, limitMs);
    const end = (problem: string | null) => {
      clearTimeout(timer);
      clearTimeout(killTimer);
      resolve({ isOk: problem === null, elapsedMs: performance.now() - startMs, problem });
    };
    child.on('error', (error) => end(`${program} did not start: ${error.message}`));
    child.on('close', (code, signal) => {
      if (isLate) end(`stopped after ${Math.round(limitMs / 1000)} s`);
      else end(code === 0 ? null : `exit code ${code ?? signal}`);
    });
  });
}
