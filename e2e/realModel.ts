// A real pretrained model against transformers and PEFT: logits, the losses of ten training steps, the final adapter's
// answers, and greedy text. For anyone who has the model; the everyday test command does not need it.
//
//   python e2e/reference/smollm2_parity.py MODEL_FOLDER PAIRS_FILE OUT     # PEFT's numbers, into OUT
//   npx tsx e2e/realModel.ts MODEL OUT                                     # ours: the folder, or the GGUF file it is of
//
// Exits with 1 when something differs by more than it may.
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { bytesSource } from '../src/formats/byteSource.ts';
import { type NpyArray, readNpy } from '../src/formats/npy.ts';
import { type Answer, type Expected, exitCode, readExpected, report, reportLosses } from './realModelReference.ts';

/** Of f32 sums over a 576-wide, 30-layer network in two orders. */
const LOGITS_TOLERANCE = 1e-4;

const ROOT = fileURLToPath(new URL('..', import.meta.url));

async function rankwise(...args: string[]): Promise<string> {
  const command = ['tsx', join(ROOT, 'src/cli/main.ts'), ...args];
  return (await promisify(execFile)('npx', command, { cwd: ROOT, maxBuffer: 1 << 28 })).stdout;
}

async function npy(path: string): Promise<NpyArray> {
  return readNpy(bytesSource(readFileSync(path), path));
}

async function compareLogits(model: string, reference: string, expected: Expected, scratch: string): Promise<void> {
  const out = join(scratch, 'logits.npy');
  await rankwise('logits', '--model', model, '--ids', expected.logits.ids.join(','), '--out', out);
  const [ours, theirs] = [await npy(out), await npy(join(reference, 'logits.npy'))];
  let [difference, scale] = [0, 0];
  theirs.values.forEach((value, i) => {
    difference = Math.max(difference, Math.abs(value - ours.values[i]!));
    scale = Math.max(scale, Math.abs(value));
  });
  report(
    'logits, largest difference over largest',
    difference / scale <= LOGITS_TOLERANCE,
    (difference / scale).toExponential(1),
  );
}

async function compareText(name: string, model: string, answers: readonly Answer[], adapter?: string): Promise<void> {
  for (const { prompt, text } of answers) {
    const from = adapter ? ['--adapter', adapter] : [];
    const out = await rankwise(
      'generate',
      '--model',
      model,
      ...from,
      '--prompt',
      prompt,
      '--max-new-tokens',
      '32',
      '--json',
    );
    const ours: { text: string } = JSON.parse(out);
    report(`${name}, greedy`, ours.text === text, JSON.stringify(ours.text));
  }
}

async function main(model: string, reference: string): Promise<void> {
  const expected = readExpected(reference);
  const scratch = await mkdtemp(join(tmpdir(), 'rankwise-'));
  await compareLogits(model, reference, expected, scratch);
  const { learningRate, clip, steps, batch } = expected.settings;
  const [adapter, metrics] = [join(scratch, 'adapter'), join(scratch, 'metrics.jsonl')];
  await rankwise(
    ...['train', '--model', model, '--data', join(reference, 'pairs.jsonl'), '--out', adapter, '--metrics', metrics],
    ...[
      '--init-adapter',
      join(reference, 'adapter'),
      '--no-shuffle',
      '--lr',
      String(learningRate),
      '--clip',
      String(clip),
    ],
    ...['--batch', String(batch), '--steps', String(steps)],
  );
  const lines = readFileSync(metrics, 'utf8').trim().split('\n');
  const losses = lines.map((line): { loss: number } => JSON.parse(line));
  reportLosses(
    losses.map(({ loss }) => loss),
    expected,
  );
  await compareText('base', model, expected.base);
  await compareText('after ten steps', model, expected.afterTenSteps, adapter);
}

const [model, reference] = process.argv.slice(2);
if (!model || !reference) {
  process.stderr.write('usage: npx tsx e2e/realModel.ts MODEL_FOLDER OUT (see the head of the file)\n');
  process.exitCode = 2;
} else {
  await main(model, reference);
  process.exitCode = exitCode();
}
