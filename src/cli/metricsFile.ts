// The metrics of a run: one JSON line per optimizer step, on the disk as soon as the step's result is known.
import { closeSync, openSync, readFileSync, statSync, writeFileSync, writeSync } from 'node:fs';
import type { StepMetrics } from '../training/stepReport.ts';
import { diskProblem } from './diskProblem.ts';
import { existing } from './fileSource.ts';
import { InputError } from './inputError.ts';

interface MetricsLine extends StepMetrics {
  /** In a race: the adapter's folder under --out. */
  adapter?: string;
}

export interface MetricsFile {
  /** Where the disk refuses a line, says so and leaves out the rest: it costs no training. */
  append(metrics: MetricsLine): void;
  close(): void;
}

/**
 * Starts the file anew, or, on resuming after `stepsDone` steps (of an adapter, in a race), keeps the lines of those and
 * drops what came after the checkpoint, for those steps are done again. Throws InputError.
 */
export function openMetrics(path: string, stepsDone: (adapter: string | undefined) => number): MetricsFile {
  try {
    const isThere = statSync(path, { throwIfNoEntry: false })?.isFile() === true;
    if (isThere) refuseForeign(path);
    const kept = isThere ? linesUpTo(path, stepsDone) : [];
    writeFileSync(path, kept.map((line) => `${line}\n`).join(''));
    const file = openSync(path, 'a');
    let isRefused = false;
    return {
      append(metrics) {
        if (isRefused) return;
        try {
          writeSync(file, `${JSON.stringify(metrics)}\n`);
        } catch (error) {
          isRefused = true;
          const problem = diskProblem(error) ?? String(error);
          process.stderr.write(`--metrics: ${path}: ${problem}; training goes on without it\n`);
        }
      },
      close: () => closeSync(file),
    };
  } catch (error) {
    if (error instanceof InputError) throw error;
    throw new InputError(`--metrics: ${path}: ${diskProblem(error) ?? String(error)}`);
  }
}

/** Throws InputError for a file that holds something else: it would be written over. */
function refuseForeign(path: string): void {
  const text = readFileSync(path, 'utf8');
  const isMetrics = text.split('\n').some((line) => line.includes('"learningRate"') && parsedLine(line) !== undefined);
  if (text.trim() === '' || isMetrics) return;
  throw new InputError(`--metrics: ${path} is there and holds no metrics; choose another file`);
}

/** The lines of the first `steps` steps, of this adapter where the run is a race. Throws InputError. */
export function readMetrics(path: string, adapter: string | undefined, steps: number): object[] {
  existing(path, 'file');
  const lines = linesUpTo(path, (other) => (other === adapter ? steps : 0));
  return lines.map((line) => ({ ...JSON.parse(line), adapter: undefined }));
}

function linesUpTo(path: string, stepsDone: (adapter: string | undefined) => number): string[] {
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => {
      const parsed = parsedLine(line);
      return parsed !== undefined && parsed.step <= stepsDone(parsed.adapter);
    });
}

/** Undefined for a line that a kill cut off. */
function parsedLine(line: string): { step: number; adapter: string | undefined } | undefined {
  try {
    const parsed: unknown = JSON.parse(line);
    if (typeof parsed !== 'object' || parsed === null || !('step' in parsed)) return undefined;
    const adapter = 'adapter' in parsed && typeof parsed.adapter === 'string' ? parsed.adapter : undefined;
    return typeof parsed.step === 'number' ? { step: parsed.step, adapter } : undefined;
  } catch {
    return undefined;
  }
}
