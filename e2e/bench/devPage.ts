// The dev server's page /bench. It is no part of the production build.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Plugin } from 'vite';

const PAGE = fileURLToPath(new URL('page.html', import.meta.url));

/** Pages whose imports the dev server prepares: the benchmark's too where its peers are installed. */
export const PREPARED_PAGES = [
  'index.html',
  ...(existsSync(fileURLToPath(new URL('node_modules/@jax-js/jax', import.meta.url))) ? ['e2e/bench/page.html'] : []),
];

export const benchPage: Plugin = {
  name: 'bench-page',
  apply: 'serve',
  configureServer(server) {
    server.middlewares.use((request, response, next) => {
      const { pathname } = new URL(request.url ?? '/', 'http://localhost');
      if (pathname !== '/bench') return next();
      const html = readFileSync(PAGE, 'utf8').replace('<title>', `<meta name="commit" content="${commit()}" /><title>`);
      server.transformIndexHtml('/e2e/bench/page.html', html).then((text) => {
        response.setHeader('Content-Type', 'text/html');
        response.end(text);
      }, next);
    });
  },
};

/** The commit, and whether what is measured has changed since. */
export function commit(): string {
  const git = (...args: string[]) =>
    execFileSync('git', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  try {
    const changed = git('status', '--porcelain', 'src', 'shaders');
    return `${git('rev-parse', '--short', 'HEAD').trim()}${changed ? ' with changes' : ''}`;
  } catch {
    return 'unknown';
  }
}
