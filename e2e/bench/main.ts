// `npm run bench`: the benchmark under Node, on the adapter that RANKWISE_ADAPTER names, or (`--browser`) the same in
// Chromium on the dev server's page.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism, loadavg } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { openNodeAdapter } from '../../src/cli/nodeGpu.ts';
import { readShaderFiles } from '../../src/cli/shaderFiles.ts';
import { describeAdapter, Gpu } from '../../src/gpu/device.ts';
import { tune } from '../../src/ops/tuning.ts';
import { runBench } from './bench.ts';
import { BENCH_SHADERS } from './benchShaders.ts';
import { commit } from './devPage.ts';
import type { Variants } from './environment.ts';
import { benchInBrowser } from './inBrowser.ts';
import { installPeers, provideNavigator } from './nodePeers.ts';
import { profileStep } from './profile.ts';
import { resultName } from './resultName.ts';
import { type BenchOptions, type BenchResults, SECTIONS, type Section } from './results.ts';
import { STEP_SIZES } from './stepProblem.ts';
import { readResults, summaryOf } from './summary.ts';
import { renderTable, type Table } from './table.ts';

const HELP = `npm run bench -- [options]
  --only a,b     sections: ${SECTIONS.join(', ')} (default: all)
  --runs N       rounds after warm-up (default 7)
  --quick        fewer shapes and rounds, to try the harness out
  --no-peers     without the libraries to compare with
  --browser      in Chromium, on the dev server's page
  --profile      where the step's time goes, by kernel; measures nothing else
  --summary      the result files side by side, in Markdown; measures nothing
RANKWISE_ADAPTER=gpu|lavapipe|swiftshader chooses the adapter.`;

/** Waiting processes for each processor, before anything is measured. */
const BUSY = 0.3;

const RESULTS = fileURLToPath(new URL('results/', import.meta.url));

const { values: flags } = parseArgs({
  options: {
    only: { type: 'string' },
    runs: { type: 'string' },
    quick: { type: 'boolean', default: false },
    'no-peers': { type: 'boolean', default: false },
    browser: { type: 'boolean', default: false },
    profile: { type: 'boolean', default: false },
    summary: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

const log = (text: string) => console.log(text);
const show = (table: Table) => log(`\n${renderTable(table)}`);

if (flags.help) {
  log(HELP);
} else if (flags.summary) {
  log(summaryOf(readResults(RESULTS)));
} else if (flags.profile) {
  await profile();
} else {
  const options: BenchOptions = {
    sections: sectionsOf(flags.only),
    runs: Number(flags.runs ?? (flags.quick ? 3 : 7)),
    isQuick: flags.quick,
  };
  const peers = flags['no-peers'] ? [] : installPeers(log);
  if (flags.browser) write(await benchInBrowser(options, (adapter) => earlier(adapter, 'browser'), log));
  else await benchInNode(options, peers);
  // The peers keep timers and devices that would hold the process.
  process.exit(0);
}

async function benchInNode(options: BenchOptions, peers: ReturnType<typeof installPeers>): Promise<void> {
  // What Mesa has compiled in an earlier run must not make this one's first step shorter.
  process.env.MESA_SHADER_CACHE_DISABLE = 'true';
  const { gpu, adapter } = await openNodeAdapter();
  provideNavigator(gpu);
  const environment = {
    where: 'node' as const,
    runtime: `Node ${process.versions.node}, Dawn of webgpu ${webgpuVersion()}`,
    commit: commit(),
    shaders: { ...readShaderFiles(), ...BENCH_SHADERS },
    peers,
    async openAdapter() {
      const another = await gpu.requestAdapter({ powerPreference: 'high-performance' });
      if (!another) throw new Error('bench: the adapter is gone');
      return another;
    },
    coldSteps: async (times: number, variants: Variants) => Array.from({ length: times }, () => coldStep(variants)),
    load: () => loadavg()[0]! / availableParallelism(),
    log,
    show,
  };
  if (environment.load() > BUSY) log('This machine is busy with other things: the figures will say little.');
  await runBench(environment, options, earlier(describeAdapter(adapter).name, 'node'), write);
  log(`\nKept in ${shortPath(pathOf(describeAdapter(adapter).name, 'node'))}`);
}

function pathOf(adapter: string, where: 'node' | 'browser'): string {
  return `${RESULTS}${resultName(adapter, where)}.json`;
}

/** What an earlier run left: sections that are not measured again keep it. */
function earlier(adapter: string, where: 'node' | 'browser'): BenchResults | undefined {
  const path = pathOf(adapter, where);
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : undefined;
}

function shortPath(path: string): string {
  return path.slice(path.indexOf('e2e/'));
}

function write(results: BenchResults): void {
  const path = pathOf(results.adapter, results.where);
  mkdirSync(RESULTS, { recursive: true });
  writeFileSync(path, `${JSON.stringify(results, null, 1)}\n`);
}

async function profile(): Promise<void> {
  const { adapter } = await openNodeAdapter();
  const gpu = await Gpu.open(adapter, readShaderFiles());
  gpu.traits = { ...gpu.traits, variants: (await tune(gpu)).variants };
  for (const table of await profileStep(gpu, STEP_SIZES, Number(flags.runs ?? 7))) show(table);
  gpu.destroy();
}

function sectionsOf(only: string | undefined): Section[] {
  if (only === undefined) return [...SECTIONS];
  return only.split(',').map((name) => {
    const section = SECTIONS.find((known) => known === name.trim());
    if (!section) throw new Error(`--only: expected some of ${SECTIONS.join(', ')}, got ${name}`);
    return section;
  });
}

/** Milliseconds of a first step in a process of its own. */
function coldStep(variants: Variants): number {
  const script = fileURLToPath(new URL('coldStep.ts', import.meta.url));
  const { stdout, status, stderr } = spawnSync(
    process.execPath,
    [...process.execArgv, script, JSON.stringify([...variants])],
    { encoding: 'utf8' },
  );
  const line = stdout.split('\n').find((text) => text.startsWith('{'));
  if (status !== 0 || line === undefined) throw new Error(`coldStep failed: ${stderr.slice(-500)}`);
  const { firstStepMs }: { firstStepMs: number } = JSON.parse(line);
  return firstStepMs;
}

function webgpuVersion(): string {
  const { version }: { version: string } = createRequire(import.meta.url)('webgpu/package.json');
  return version;
}
