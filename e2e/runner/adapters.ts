// Which WebGPU adapters the kernel tests can use on this machine.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';

export interface TestAdapter {
  /** For people: the device's name. */
  describe: string;
  isSoftware: boolean;
  /** Environment that makes openNodeAdapter open this one. */
  env: Record<string, string>;
}

const probeOutput = z.object({ describe: z.string(), isSoftware: z.boolean() });

/**
 * Adapters that open, the one for the whole suite first: a GPU, lavapipe, SwiftShader. When the user's environment
 * names one, or the system has its own only (macOS, Windows), that one alone.
 */
export function findTestAdapters(): TestAdapter[] {
  const names = ['RANKWISE_ADAPTER', 'RANKWISE_VULKAN_DRIVER', 'VK_ICD_FILENAMES', 'VK_DRIVER_FILES'];
  const isNamed = names.some((name) => process.env[name]);
  const kinds = isNamed || process.platform !== 'linux' ? [undefined] : ['gpu', 'lavapipe', 'swiftshader'];
  return kinds.map(probe).filter((adapter) => adapter !== null);
}

function probe(kind: string | undefined): TestAdapter | null {
  const env: Record<string, string> = kind === undefined ? {} : { RANKWISE_ADAPTER: kind };
  const script = fileURLToPath(new URL('./probeAdapter.ts', import.meta.url));
  const { status, stdout } = spawnSync(process.execPath, ['--import', 'tsx', script], {
    env: { ...process.env, ...env },
    encoding: 'utf8',
    timeout: 60_000,
  });
  if (status !== 0) return null;
  return { ...probeOutput.parse(JSON.parse(stdout)), env };
}
