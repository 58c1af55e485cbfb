// Measurements of a run's adapter, kept in the run's folder: they take minutes for a large model. They hold for the adapter
// that was measured, which its size and the run's step tell.
import { z } from 'zod';
import { readText } from '../formats/byteSource.ts';
import { TARGETS } from '../model/targets.ts';
import { writeFile } from '../storage/folder.ts';
import type { KeptRun } from './keptRun.ts';
import type { MatrixAmplification, MatrixSpectrum } from './protocol/analysis.ts';
import { runFolder } from './runFolder.ts';

const FILE = 'analysis.json';

const place = { layer: z.number(), target: z.enum(TARGETS) };
const schema = z.object({
  version: z.literal(1),
  step: z.number(),
  adapterBytes: z.number(),
  spectra: z
    .array(
      z.object({
        ...place,
        rank: z.number(),
        inFeatures: z.number(),
        outFeatures: z.number(),
        singularValues: z.array(z.number()),
        effectiveRank: z.number(),
        norm: z.number(),
      }),
    )
    .optional(),
  amplifications: z
    .array(
      z.object({
        ...place,
        directions: z.number(),
        updateNorm: z.number(),
        frozenNorm: z.number(),
        alongUpdate: z.number().nullable(),
        alongFrozen: z.number(),
        alongRandom: z.number(),
        factor: z.number().nullable(),
      }),
    )
    .optional(),
});

export interface KeptAnalysis {
  readonly spectra?: MatrixSpectrum[] | undefined;
  readonly amplifications?: MatrixAmplification[] | undefined;
}

/** Empty where nothing was kept of this adapter, or the browser keeps no files. */
export async function keptAnalysis(run: KeptRun, adapterBytes: number): Promise<KeptAnalysis> {
  const file = await (await runFolder(run.id))?.open(FILE);
  if (!file) return {};
  const kept = schema.safeParse(parsed(await readText(file)));
  return kept.success && kept.data.step === run.step && kept.data.adapterBytes === adapterBytes ? kept.data : {};
}

export async function keepAnalysis(run: KeptRun, adapterBytes: number, analysis: KeptAnalysis): Promise<void> {
  const folder = await runFolder(run.id);
  if (!folder) return;
  const known = await keptAnalysis(run, adapterBytes);
  const text = JSON.stringify({ version: 1, step: run.step, adapterBytes, ...known, ...analysis });
  await writeFile(folder, FILE, new TextEncoder().encode(text));
}

/** A file that a closed tab left half written is as good as none. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
