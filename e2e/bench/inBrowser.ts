// The benchmark in Chromium: serves the page, presses its buttons, and hands over what it measured.
import { chromium } from '@playwright/test';
import { createServer } from 'vite';
import { adapterName } from '../../src/gpu/device.ts';
import { findOrInstallBrowser } from '../browser.ts';
import type { BenchOptions, BenchResults } from './results.ts';

const SOFTWARE_FLAGS = ['--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader'];
const GPU_FLAGS = ['--enable-unsafe-webgpu', '--enable-features=Vulkan'];
const QUIET_FLAGS = [
  '--no-sandbox',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-quic',
  // A page in the background would be slowed down.
  '--disable-renderer-backgrounding',
];

/** SwiftShader unless RANKWISE_ADAPTER is gpu. `before(adapter)`: what an earlier run left for this adapter. */
export async function benchInBrowser(
  { sections, runs, isQuick }: BenchOptions,
  before: (adapter: string) => BenchResults | undefined,
  log: (text: string) => void,
): Promise<BenchResults> {
  const server = await createServer({ server: { port: 0, host: 'localhost' }, logLevel: 'warn' });
  await server.listen();
  const browser = await chromium.launch({
    executablePath: findOrInstallBrowser(),
    args: [...QUIET_FLAGS, ...(process.env.RANKWISE_ADAPTER === 'gpu' ? GPU_FLAGS : SOFTWARE_FLAGS)],
  });
  try {
    const page = await browser.newPage();
    page.on('console', (message) => {
      if (message.type() === 'log') log(message.text());
    });
    const url = server.resolvedUrls?.local[0];
    if (!url) throw new Error('bench: the dev server has no address');
    await page.goto(`${url}bench`);
    const measure = page.getByRole('button', { name: 'Measure' });
    await measure.and(page.locator(':enabled')).waitFor({ timeout: 120_000 });
    for (const box of await page.getByRole('group').getByRole('checkbox').all()) {
      const name = await box.inputValue();
      await box.setChecked(sections.some((section) => section === name));
    }
    await page.getByLabel('Rounds').fill(`${runs}`);
    await page.getByLabel('Fewer shapes').setChecked(isQuick);
    const info = await page.evaluate(async () => {
      const adapter = await navigator.gpu.requestAdapter();
      const { vendor = '', architecture = '', device = '', description = '' } = adapter?.info ?? {};
      return { vendor, architecture, device, description };
    });
    // The name that the results will have.
    const earlier = before(adapterName(info));
    await page.evaluate((found) => {
      if (window.rankwiseBench) window.rankwiseBench.before = found;
    }, earlier);
    await measure.click();
    const ended = await page.waitForFunction(
      () => (window.rankwiseBench?.isDone || window.rankwiseBench?.failure ? window.rankwiseBench : undefined),
      undefined,
      { timeout: 0, polling: 1000 },
    );
    const state = await ended.jsonValue();
    if (!state?.results || state.failure) throw new Error(state?.failure);
    const { results } = state;
    return { ...results, measured: withVersion(results.measured, browser.version()) };
  } finally {
    await browser.close();
    await server.close();
  }
}

/** Chromium's whole version, which its user agent hides. */
function withVersion(measured: BenchResults['measured'], version: string): BenchResults['measured'] {
  const named = Object.entries(measured).map(([section, facts]) => [
    section,
    { ...facts, runtime: facts.runtime.replace(/^Chrome\/.*/, `Chromium ${version}`) },
  ]);
  return Object.fromEntries(named);
}
