// What was measured of this machine's GPUs, one small file: which kernel variant suits which class of work, by device.
// It is a cache: unreadable or of another version, it is as if it were not there.
import { z } from 'zod';
import { type Folder, writeFile } from './folder.ts';

const FILE = 'tuning.json';
const MAX_BYTES = 1 << 20;

const schema = z.object({
  version: z.literal(1),
  devices: z.record(z.string(), z.record(z.string(), z.string())),
});

/** The variants of a device by class, or undefined where it was never measured. `device` names it, kernels included. */
export async function recallTuning(folder: Folder, device: string): Promise<ReadonlyMap<string, string> | undefined> {
  const found = (await read(folder))[device];
  return found && new Map(Object.entries(found));
}

/** Keeps the variants of a device; those of others stay. */
export async function rememberTuning(
  folder: Folder,
  device: string,
  variants: ReadonlyMap<string, string>,
): Promise<void> {
  const devices = { ...(await read(folder)), [device]: Object.fromEntries(variants) };
  await writeFile(folder, FILE, new TextEncoder().encode(JSON.stringify({ version: 1, devices })));
}

async function read(folder: Folder): Promise<Record<string, Record<string, string>>> {
  const file = await folder.open(FILE);
  if (!file || file.sizeBytes > MAX_BYTES) return {};
  try {
    const parsed = schema.safeParse(JSON.parse(new TextDecoder().decode(await file.read(0, file.sizeBytes))));
    return parsed.success ? parsed.data.devices : {};
  } catch (error) {
    if (error instanceof SyntaxError) return {};
    throw error;
  }
}
