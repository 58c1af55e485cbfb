// The test command: types, lint, layering, dead code, unit and kernel tests under Node, journeys in a browser. Every
// step runs even when one before it failed; the last line is `N passed, N failed`.
import { mkdirSync, rmSync } from 'node:fs';
import { findOrInstallBrowser, installDebianPackages, isRootOnDebian } from './browser.ts';
import { findTestAdapters, type TestAdapter } from './runner/adapters.ts';
import { type Counts, countPlaywright, countVitest, readCounts } from './runner/counts.ts';
import { runCommand } from './runner/step.ts';

const MINUTE_MS = 60_000;
// The whole command stays under this, so that a caller's own limit never cuts the report off.
const deadlineMs = performance.now() + Number(process.env.RANKWISE_TEST_MINUTES ?? 22) * MINUTE_MS;
const reports = '.cache/tests';

const lines: string[] = [];
const total: Counts = { passed: 0, failed: 0 };

function report(name: string, counts: Counts, note: string): void {
  total.passed += counts.passed;
  total.failed += counts.failed;
  const verdict = counts.failed === 0 ? 'ok    ' : 'FAILED';
  lines.push(`${verdict} ${name.padEnd(34)} ${counts.passed} passed, ${counts.failed} failed   ${note}`);
}

async function run(name: string, program: string, args: string[], limitMinutes: number, env?: Record<string, string>) {
  console.log(`\n== ${name}`);
  const limitMs = Math.max(1000, Math.min(limitMinutes * MINUTE_MS, deadlineMs - performance.now()));
  const { isOk, elapsedMs, problem } = await runCommand({ program, args, env, limitMs });
  return { isOk, note: [`${(elapsedMs / 1000).toFixed(1)} s`, problem].filter(Boolean).join(', ') };
}

async function check(name: string, program: string, ...args: string[]): Promise<void> {
  const { isOk, note } = await run(name, program, args, 4);
  report(name, isOk ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 }, note);
}

async function vitest(name: string, adapter: TestAdapter, ...paths: string[]): Promise<void> {
  const file = `${reports}/${name.replaceAll(/\W+/g, '-')}.json`;
  const args = ['run', ...paths, '--reporter=default', '--reporter=json', `--outputFile.json=${file}`];
  const { isOk, note } = await run(name, 'vitest', args, 12, adapter.env);
  report(name, readCounts(file, isOk, countVitest), `${note}, ${adapter.describe}`);
}

async function unitAndKernelTests(adapters: TestAdapter[]): Promise<void> {
  const [first, ...others] = adapters;
  if (first === undefined) {
    const remedy =
      'no WebGPU adapter: install a GPU driver, mesa-vulkan-drivers 24 or later, or Chromium and libvulkan1';
    report('unit and kernel tests', { passed: 0, failed: 1 }, remedy);
    return;
  }
  await vitest('unit and kernel tests', first);
  for (const [i, adapter] of others.entries())
    await vitest(`kernel tests, adapter ${i + 2}`, adapter, 'src/gpu', 'src/ops');
}

async function journeys(browser: string, hasGpu: boolean): Promise<void> {
  const file = `${reports}/journeys.json`;
  const env = {
    RANKWISE_BROWSER: browser,
    RANKWISE_ADAPTER: hasGpu ? 'gpu' : 'swiftshader',
    PLAYWRIGHT_JSON_OUTPUT_FILE: file,
  };
  const { isOk, note } = await run('journeys', 'playwright', ['test', '--reporter=list,json'], 12, env);
  report('journeys', readCounts(file, isOk, countPlaywright), note);
}

function browserOrProblem(): { path: string } | { problem: string } {
  try {
    return { path: findOrInstallBrowser() };
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) };
  }
}

rmSync(reports, { recursive: true, force: true });
mkdirSync(reports, { recursive: true });

await check('types', 'tsc', '--noEmit', '-p', '.');
await check('lint and format', 'biome', 'ci', '--error-on-warnings');
await check('layering', 'depcruise', '--config', '.dependency-cruiser.cjs', 'src', 'e2e');
await check('dead code', 'knip');
await check('dead code, tests aside', 'knip', '--production', '--include', 'files,exports,dependencies');

// The browser first: Chromium brings a software driver with it.
const browser = browserOrProblem();
let adapters = findTestAdapters();
if (adapters.length === 0 && isRootOnDebian()) {
  installDebianPackages(['libvulkan1', 'mesa-vulkan-drivers', 'chromium']);
  adapters = findTestAdapters();
}
await unitAndKernelTests(adapters);
if ('path' in browser) {
  await journeys(
    browser.path,
    adapters.some(({ isSoftware }) => !isSoftware),
  );
} else {
  report('journeys', { passed: 0, failed: 1 }, browser.problem);
}

console.log(`\n${lines.join('\n')}\n${total.passed} passed, ${total.failed} failed`);
process.exitCode = total.failed === 0 ? 0 : 1;
