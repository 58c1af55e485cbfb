// Builds the studio and serves it. The studio is one page; the worker is its own bundle.
import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';
import { benchPage, PREPARED_PAGES } from './e2e/bench/devPage.ts';

/** The dev server's hot reloading needs an inline script; the built page forbids it. */
const developWithoutPolicy: Plugin = {
  name: 'develop-without-policy',
  apply: 'serve',
  transformIndexHtml: (html) => html.replace(/<meta\s+http-equiv="Content-Security-Policy"[^>]*>/, ''),
};

export default defineConfig({
  base: './',
  plugins: [react(), developWithoutPolicy, benchPage],
  worker: { format: 'es' },
  // The one finds its WebAssembly beside its own script; the other, found late, would have the page load anew.
  optimizeDeps: { entries: PREPARED_PAGES, exclude: ['@sqlite.org/sqlite-wasm', 'onnxruntime-web'] },
  build: { target: 'es2023', sourcemap: false },
  server: { port: 5173 },
  preview: { port: 4173 },
});
