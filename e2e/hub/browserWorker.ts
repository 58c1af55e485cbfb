// Runs checks in a module worker of a real browser: bundles an entry that answers messages, serves it from localhost
// (a secure context, so OPFS is there), and passes messages on.
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import { chromium, type Page } from '@playwright/test';
import { build } from 'vite';
import { findOrInstallBrowser } from '../browser.ts';

export interface BrowserWorker {
  page: Page;
  /** Posts `message` to a fresh worker and resolves with the first message that comes back. */
  ask(message: unknown): Promise<unknown>;
  close(): Promise<void>;
}

async function bundle(entry: URL): Promise<string> {
  const output = await build({
    configFile: false,
    logLevel: 'silent',
    build: {
      write: false,
      target: 'es2023',
      minify: false,
      lib: { entry: fileURLToPath(entry), formats: ['es'], fileName: 'worker' },
    },
  });
  const [first] = Array.isArray(output) ? output : [output];
  const chunk = first !== undefined && 'output' in first ? first.output[0] : undefined;
  if (chunk === undefined) throw new Error(`no worker was built from ${entry}`);
  return chunk.code;
}

export async function openBrowserWorker(entry: URL): Promise<BrowserWorker> {
  const code = await bundle(entry);
  const server = createServer((request, response) => {
    const isWorker = request.url === '/worker.js';
    response.setHeader('content-type', isWorker ? 'text/javascript' : 'text/html');
    response.end(isWorker ? code : '<!doctype html><title>worker</title>');
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const browser = await chromium.launch({ executablePath: findOrInstallBrowser(), args: ['--no-sandbox'] });
  const page = await (await browser.newContext()).newPage();
  await page.goto(`http://localhost:${typeof address === 'object' ? address?.port : ''}/`);
  return {
    page,
    ask: (message) =>
      page.evaluate(
        (message) =>
          new Promise((resolve) => {
            const worker = new Worker('/worker.js', { type: 'module' });
            worker.onmessage = ({ data }) => {
              worker.terminate();
              resolve(data);
            };
            worker.onerror = ({ message }) => resolve({ error: message });
            worker.postMessage(message);
          }),
        message,
      ),
    async close() {
      await browser.close();
      server.close();
    },
  };
}
