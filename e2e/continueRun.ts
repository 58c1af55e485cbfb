// "Continue elsewhere", shown: 20 steps here, against 10 here and 10 with the exported folder on PyTorch. For anyone with a
// Python that has the folder's requirements; the everyday test command does not need it.
//
//   npx tsx e2e/continueRun.ts PYTHON [CASE…]        PYTHON: of an environment with torch, transformers, peft, accelerate
//
// Exits with 1 when a loss differs by more than 1e-3.
import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const BUILTIN = join(ROOT, 'public/builtin');
const PARITY = join(ROOT, 'e2e/fixtures/parity');
const TOLERANCE = 1e-3;
const run = promisify(execFile);

const SQL = ['--model', `${BUILTIN}/model`, '--data', `${BUILTIN}/data/sql.jsonl`, '--template', '{context}\\n'];
const SQL_HELD = ['--validation', `${BUILTIN}/data/sql.heldout.jsonl`];
const tiny = (name: string) => ['--model', `${PARITY}/${name}/model`, '--data', `${PARITY}/${name}/pairs.jsonl`];
const ADAMW = ['--lr', '3e-3', '--weight-decay', '0.01', '--schedule', 'cosine', '--warmup', '3', '--batch', '4'];
const gguf = (name: string) => [
  ...['--model', join(ROOT, `e2e/fixtures/gguf/${name}.gguf`), '--data', `${PARITY}/cli-plain/pairs.jsonl`],
  ...[...ADAMW, '--targets', 'q,v'],
];
const SGD = ['--optimizer', 'sgd', '--momentum', '0.9', '--lr', '0.05', '--schedule', 'linear', '--batch', '3'];
const PLAIN = ['--num_machines', '1', '--mixed_precision', 'no', '--dynamo_backend', 'no'];
const TWO = ['--multi_gpu', '--num_processes', '2', ...PLAIN];
const ONE = ['--num_processes', '1', ...PLAIN];
/** accelerate cuts nothing without GPUs, unless it is taught to. */
const CUT = join(ROOT, 'e2e/reference/sharded_on_cpu.py');

interface Case {
  readonly train: readonly string[];
  readonly launch: readonly string[];
  readonly script?: string;
  /** Before the first step there: nothing was trained here. */
  readonly isFromStart?: boolean;
  /** The run here was planned for ten steps and has finished them; there it goes on to twenty. */
  readonly isFinished?: boolean;
  /** The built-in model is made a GGUF file of this type first. */
  readonly asGguf?: string;
  /** The rows leave as text alone, and are encoded there. */
  readonly isText?: boolean;
  /** So many processes stand in for machines: each has a copy of the folder and a launch of its own. */
  readonly machines?: number;
  /** Arguments of train.py, for each time that it is started. */
  readonly goes?: readonly (readonly string[])[];
}

const BASE = [
  ...SQL,
  ...SQL_HELD,
  ...ADAMW,
  '--accumulate',
  '2',
  '--rank',
  '4',
  '--targets',
  'q,v,o',
  '--max-length',
  '64',
];

const CONSTANT = BASE.map((flag) => (flag === 'cosine' ? 'constant' : flag));
/** What multi-machine.yaml leaves to the person; each machine adds its rank. */
const APART = ['--num_machines', '2', '--num_processes', '2', '--main_process_ip', '127.0.0.1'];

const CASES: Readonly<Record<string, Case>> = {
  'two processes': { train: BASE, launch: TWO, goes: [['--micro-batch', '3']] },
  'a finished run goes further': { train: CONSTANT, launch: ONE, isFinished: true, goes: [['--steps', '20']] },
  'several GPUs': { train: BASE, launch: ['--config_file', 'configs/multi-gpu.yaml', '--num_processes', '2'] },
  'two machines': { train: BASE, launch: ['--config_file', 'configs/multi-machine.yaml', ...APART], machines: 2 },
  'two machines, started twice': {
    train: CONSTANT,
    launch: ['--config_file', 'configs/multi-machine.yaml', ...APART],
    machines: 2,
    isFinished: true,
    goes: [
      ['--steps', '15'],
      ['--steps', '20'],
    ],
  },
  'two machines, cut by FSDP': {
    train: BASE,
    launch: ['--config_file', 'configs/fsdp.yaml', ...APART],
    machines: 2,
    script: CUT,
  },
  'two machines, cut by DeepSpeed': {
    train: BASE,
    launch: ['--config_file', 'configs/deepspeed.yaml', ...APART],
    machines: 2,
    script: CUT,
  },
  'from step 0, two processes': { train: BASE, launch: TWO, isFromStart: true },
  'text, encoded there': { train: BASE, launch: ONE, isText: true },
  'a base in one GGUF file': { train: BASE, launch: ONE, asGguf: 'q8' },
  'a GGUF file with biases': { train: gguf('llama-biases'), launch: ONE },
  'a GGUF file of GPT-2, two processes': { train: gguf('gpt2'), launch: TWO },
  'a GGUF file in parts': { train: gguf('qwen2-untied-00001-of-00003'), launch: ONE },
  'cut by FSDP': { train: BASE, launch: ['--config_file', 'configs/fsdp.yaml', '--num_processes', '2'], script: CUT },
  'cut by DeepSpeed': {
    train: BASE,
    launch: ['--config_file', 'configs/deepspeed.yaml', '--num_processes', '2'],
    script: CUT,
  },
  'q4 weights, checkpointing': { train: [...BASE, '--weights', 'q4', '--checkpointing'], launch: ONE },
  'nf4 weights': { train: [...BASE, '--weights', 'nf4'], launch: ONE },
  'q8 weights': { train: [...BASE, '--weights', 'q8'], launch: ONE },
  'f16 weights': { train: [...BASE, '--weights', 'f16'], launch: ONE },
  'GPT-2, q and v apart, SGD': {
    train: [...tiny('cli-plain'), ...SGD, '--targets', 'q,v', '--clip', '0.5'],
    launch: TWO,
  },
  'GPT-2 from step 0, q and v apart': {
    train: [...tiny('cli-plain'), ...ADAMW, '--targets', 'q,v'],
    launch: ONE,
    isFromStart: true,
  },
  'a beginning token, file order': { train: [...tiny('cli-bos'), ...ADAMW, '--no-shuffle'], launch: TWO },
};

interface Line {
  readonly step: number;
  readonly loss: number;
}

const lossesIn = (path: string): Map<number, number> =>
  new Map(
    readFileSync(path, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line): Line => JSON.parse(line))
      .map(({ step, loss }) => [step, loss]),
  );

async function rankwise(...args: readonly string[]): Promise<string> {
  return (await run('npx', ['tsx', 'src/cli/main.ts', ...args], { cwd: ROOT, maxBuffer: 1 << 26 })).stdout;
}

/** The largest difference of a loss, of the steps that were trained there. */
async function compare(python: string, one: Case): Promise<number> {
  const { isFromStart, isFinished, isText, asGguf, machines = 1, goes = [[]] } = one;
  const scratch = await mkdtemp(join(tmpdir(), 'rankwise-continue-'));
  const at = (name: string) => join(scratch, name);
  try {
    const gguf = asGguf === undefined ? undefined : at('base.gguf');
    if (gguf)
      await rankwise(
        'export',
        '--format',
        'gguf',
        '--model',
        `${BUILTIN}/model`,
        '--dtype',
        `${asGguf}`,
        '--out',
        gguf,
      );
    const train = gguf ? ['--model', gguf, ...one.train.slice(2)] : one.train;
    const pace = ['--save-every', '10', '--seed', '7'];
    const length = ['--steps', '20', ...pace];
    const whole = ['--out', at('whole'), '--metrics', at('whole.jsonl')];
    await rankwise('train', ...train, ...length, ...whole);
    const half = join(at('half'), 'state');
    if (isFinished) await rankwise('train', ...train, ...pace, '--steps', '10', '--out', at('half'));
    else mkdirSync(half, { recursive: true });
    for (const name of isFinished ? [] : readdirSync(at('whole/state'))) {
      if (name !== '20.ckpt') cpSync(join(at('whole/state'), name), join(half, name));
    }
    const source = isFromStart ? [...train, ...length] : ['--run', at('half'), '--metrics', at('whole.jsonl')];
    const places = Array.from({ length: machines }, (_, rank) => at(`machine ${rank}`));
    for (const place of places) {
      await rankwise('export', '--format', 'continue', ...source, '--out', place);
      if (isText) leaveText(place);
    }
    for (const go of goes) await launchOn(python, places, one, go);
    const result = join(places[0] ?? '', 'result');
    const [here, there] = [lossesIn(at('whole.jsonl')), lossesIn(join(result, 'metrics.jsonl'))];
    if (there.size !== 20) throw new Error(`expected 20 steps, got ${there.size}`);
    await sameText(train, at('whole'), result);
    return Math.max(...[...here].map(([step, loss]) => Math.abs(loss - (there.get(step) ?? Number.NaN))));
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** On all machines at once; each writes into its own folder. */
async function launchOn(python: string, places: readonly string[], { launch, script }: Case, go: readonly string[]) {
  const port = `${29_500 + (process.pid % 500)}`;
  const launched = places.map((cwd, rank) => {
    const who = places.length > 1 ? ['--machine_rank', `${rank}`, '--main_process_port', port] : [];
    const command = ['launch', ...launch, ...who, ...(script ? [script] : []), 'train.py', ...go];
    const cpu = script ? { DS_ACCELERATOR: 'cpu' } : { ACCELERATE_USE_CPU: 'true' };
    const env = { ...process.env, OMP_NUM_THREADS: '1', ...cpu };
    return run(join(dirname(python), 'accelerate'), command, { cwd, maxBuffer: 1 << 26, env });
  });
  await Promise.all(launched);
}

/** As the folder leaves the studio for a model that is not loaded. */
function leaveText(folder: string): void {
  for (const name of ['train', 'validation']) {
    const path = join(folder, 'data', `${name}.jsonl`);
    if (name === 'validation') rmSync(path, { force: true });
    else writeFileSync(path, readFileSync(path, 'utf8').replace(/,"ids":.*$/gm, '}'));
  }
  const path = join(folder, 'settings.json');
  const settings = JSON.parse(readFileSync(path, 'utf8'));
  settings.data.isEncoded = false;
  writeFileSync(path, JSON.stringify(settings));
}

/** The adapter comes back: both answer alike. */
async function sameText(train: readonly string[], ...adapters: readonly string[]): Promise<void> {
  const model = train[train.indexOf('--model') + 1] ?? '';
  const texts: string[] = [];
  for (const adapter of adapters) {
    const answer = ['--prompt', 'name : Alimentum', '--max-new-tokens', '12'];
    texts.push(await rankwise('generate', '--model', model, '--adapter', adapter, ...answer));
  }
  if (new Set(texts).size > 1) throw new Error(`the adapters answer differently: ${JSON.stringify(texts)}`);
}

const [python, ...wanted] = process.argv.slice(2);
if (!python) throw new Error('usage: npx tsx e2e/continueRun.ts PYTHON [CASE…]');
for (const [name, one] of Object.entries(CASES)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  const difference = await compare(python, one);
  const isGood = difference <= TOLERANCE;
  process.stdout.write(`${isGood ? 'ok  ' : 'BAD '} ${name}: losses within ${difference.toExponential(1)}\n`);
  if (!isGood) process.exitCode = 1;
}
