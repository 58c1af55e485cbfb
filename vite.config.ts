// Builds the studio and serves it. The studio is one page; the worker is its own bundle.
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

export default defineConfig({
  base: './',
  plugins: [react()],
  worker: { format: 'es' },
  build: { target: 'es2023', sourcemap: false },
  server: { port: 5173 },
  preview: { port: 4173 },
});
