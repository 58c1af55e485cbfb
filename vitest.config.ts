// Unit and kernel tests, under Node on WebGPU. Processes, not threads: the choice of a
// Vulkan driver travels by environment variable, which a thread cannot set for the loader.
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'e2e/**/*.test.ts'],
    testTimeout: 300_000,
    hookTimeout: 300_000,
    pool: 'forks',
    maxWorkers: 2,
    // Measuring kernels on a busy machine would let two processes of one test take different ones.
    env: { RANKWISE_TUNING: 'off' },
  },
});
