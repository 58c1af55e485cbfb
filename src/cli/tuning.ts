// Which kernel variant suits this machine's GPU: measured on first use, then kept in the user's cache folder.
import { mkdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Gpu } from '../gpu/device.ts';
import { applyTuning } from '../ops/tuning.ts';
import { recallTuning, rememberTuning } from '../storage/tuningCache.ts';
import { nodeFolder } from './nodeFolder.ts';

/**
 * Environment: RANKWISE_TUNING=off takes the likely variants without measuring; XDG_CACHE_HOME says where caches are.
 * Where the cache folder cannot be used, it measures every time and says so on standard error.
 */
export async function tuneForNode(gpu: Gpu): Promise<void> {
  if (process.env.RANKWISE_TUNING === 'off') return;
  const path = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'rankwise');
  await applyTuning(gpu, {
    async recall(device) {
      await mkdir(path, { recursive: true }).catch(() => {});
      return recallTuning(nodeFolder(path), device).catch(() => undefined);
    },
    async remember(device, variants) {
      process.stderr.write('Measured which kernels suit this GPU\n');
      await rememberTuning(nodeFolder(path), device, variants).catch((error: unknown) => {
        process.stderr.write(`They cannot be remembered in ${path}: ${String(error)}\n`);
      });
    },
  });
}
