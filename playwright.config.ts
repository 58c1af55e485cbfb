// Journeys in a real Chromium, against a production build served on a free port. Without a GPU WebGPU runs on
// SwiftShader, which is slow: one worker, long timeouts.
import { createServer } from 'node:net';
import { defineConfig } from '@playwright/test';
import { browserFlags, findOrInstallBrowser } from './e2e/browser.ts';
import { BUILD_FOLDER } from './e2e/build.ts';

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 4173));
    });
  });
}

// Playwright reads this file again in every worker: the port is chosen once and handed on.
process.env.RANKWISE_TEST_PORT ??= String(await freePort());
const port = process.env.RANKWISE_TEST_PORT;
const baseURL = `http://localhost:${port}`;

export default defineConfig({
  testDir: 'e2e/journeys',
  outputDir: 'test-results',
  workers: 1,
  timeout: 300_000,
  expect: { timeout: 30_000 },
  reporter: 'list',
  use: {
    baseURL,
    trace: 'retain-on-failure',
    launchOptions: {
      executablePath: findOrInstallBrowser(),
      args: browserFlags(),
    },
  },
  webServer: {
    command: `vite build --logLevel warn --manifest --outDir ${BUILD_FOLDER} && vite preview --outDir ${BUILD_FOLDER} --host localhost --port ${port} --strictPort`,
    url: baseURL,
    timeout: 180_000,
    reuseExistingServer: false,
  },
});
