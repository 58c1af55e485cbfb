// Which kernel variant suits this device: measured on the first visit, then kept with the page's files.
import type { Gpu } from '../gpu/device.ts';
import { applyTuning } from '../ops/tuning.ts';
import { openOpfs } from '../storage/opfsFolder.ts';
import { StorageError } from '../storage/storageError.ts';
import { recallTuning, rememberTuning } from '../storage/tuningCache.ts';

/** Where the page may keep no files it measures on every visit. A device lost meanwhile is told of elsewhere. */
export async function tuneForPage(gpu: Gpu): Promise<void> {
  let isLost = false;
  gpu.lost.then(() => {
    isLost = true;
  });
  try {
    await applyTuning(gpu, { recall, remember });
  } catch (error) {
    if (!isLost) throw error;
  }
}

async function recall(device: string): Promise<ReadonlyMap<string, string> | undefined> {
  return keeping(async () => recallTuning(await (await openOpfs()).folder('device'), device));
}

async function remember(device: string, variants: ReadonlyMap<string, string>): Promise<void> {
  await keeping(async () => rememberTuning(await (await openOpfs()).folder('device'), device, variants));
}

/** Without storage nothing is remembered, which costs a second and no more. */
async function keeping<T>(use: () => Promise<T>): Promise<T | undefined> {
  try {
    return await use();
  } catch (error) {
    if (error instanceof StorageError) return undefined;
    throw error;
  }
}
