// What an adapter did to the model, measured from its factors and the frozen weights in the model's files. Long work gives
// way to other commands some twenty times a second, and is cancelled between one column and the next.
import type { AdaptedModule } from '../adapters/adapterSet.ts';
import { factorsOf } from '../analysis/adapterFactors.ts';
import { amplification } from '../analysis/amplification.ts';
import type { Breathe, Columns } from '../analysis/columns.ts';
import { readFrozen } from '../analysis/frozenMatrix.ts';
import { randomSimilarity, subspaceSimilarity } from '../analysis/subspace.ts';
import { effectiveRank, type Factors, frobenius, inputDirections, updateSvd } from '../analysis/update.ts';
import { adapterVersion, adapterZip, openAdapter, type StoredAdapter } from './adapterStore.ts';
import { breathing } from './breathing.ts';
import { cancellable } from './cancelling.ts';
import { WorkerError } from './failure.ts';
import { keepAnalysis, keptAnalysis } from './keptAnalysis.ts';
import type { KeptRun } from './keptRun.ts';
import { keptRun } from './library.ts';
import type { OpenedModel } from './modelSource.ts';
import { post } from './post.ts';
import type { MatrixAmplification, MatrixSpectrum } from './protocol/analysis.ts';
import type { Calls } from './protocol.ts';
import { modelOfRun } from './runModel.ts';

/** Random matrices are the same at every look. */
const SEED = 1;

export async function readKeptAnalysis(runId: string): Promise<Calls['keptAnalysis']['reply']> {
  const run = await keptRun(runId);
  const { spectra = null, amplifications = null } = await keptAnalysis(run, (await adapterZip(runId)).size);
  return { spectra, amplifications };
}

export function analyseUpdates(runId: string): Promise<MatrixSpectrum[]> {
  return cancellable('analysis', async (signal) => {
    const measured = await opened(runId);
    if (measured.kept.spectra) return measured.kept.spectra;
    const spectra = await overModules(measured, signal, async ({ factors, module }) => {
      const { values } = updateSvd(factors);
      const { rank, inFeatures, outFeatures } = factors;
      return {
        layer: module.layer,
        target: module.place.target,
        rank,
        inFeatures,
        outFeatures,
        singularValues: [...values],
        effectiveRank: effectiveRank(values),
        norm: frobenius(values),
      };
    });
    await keepAnalysis(measured.run, measured.adapterBytes, { spectra });
    return spectra;
  });
}

export function analyseAmplification(runId: string): Promise<MatrixAmplification[]> {
  return cancellable('analysis', async (signal) => {
    const measured = await opened(runId);
    if (measured.kept.amplifications) return measured.kept.amplifications;
    const { architecture, weights } = measured.model;
    const amplifications = await overModules(measured, signal, async ({ factors, module, breathe }) => {
      const frozen = await readFrozen(architecture, weights, module, breathe);
      const got = await amplification(frozen, updateSvd(factors), { seed: SEED, breathe });
      return {
        ...got,
        layer: module.layer,
        target: module.place.target,
        alongUpdate: finite(got.alongUpdate),
        factor: finite(got.factor),
      };
    });
    await keepAnalysis(measured.run, measured.adapterBytes, { amplifications });
    return amplifications;
  });
}

/** Throws WorkerError where one of the two has no such matrix, or they are of different sizes. */
export async function compareSubspaces(
  request: Calls['compareSubspaces']['request'],
): Promise<Calls['compareSubspaces']['reply']> {
  const { runIds, side } = request;
  const [first, second] = [
    directionsOf(await factorsAt(runIds[0], request), side),
    directionsOf(await factorsAt(runIds[1], request), side),
  ];
  if (first.rows !== second.rows) {
    throw new WorkerError(`These two sit on different models: ${first.rows} and ${second.rows} dimensions.`);
  }
  return {
    rows: first.cols,
    cols: second.cols,
    dimensions: first.rows,
    phi: [...subspaceSimilarity(first, second)],
    random: [...randomSimilarity(first.rows, first.cols, second.cols, SEED)],
  };
}

function directionsOf(factors: Factors, side: Calls['compareSubspaces']['request']['side']): Columns {
  if (side === 'a') return inputDirections(factors);
  const { u, v } = updateSvd(factors);
  return side === 'left' ? u : v;
}

async function factorsAt(
  runId: string,
  { layer, target }: { layer: number; target: MatrixSpectrum['target'] },
): Promise<Factors> {
  const run = await keptRun(runId);
  const { layout, block } = await adapterOf(run, await modelOfRun(run));
  const module = layout.modules.find((one) => one.layer === layer && one.place.target === target);
  if (module) return factorsOf(layout, block, module);
  throw new WorkerError(`“${run.name}” does not adapt ${target} of layer ${layer}.`);
}

interface Measured {
  readonly run: KeptRun;
  readonly model: OpenedModel;
  readonly stored: StoredAdapter;
  readonly adapterBytes: number;
  readonly kept: Awaited<ReturnType<typeof keptAnalysis>>;
}

async function opened(runId: string): Promise<Measured> {
  const run = await keptRun(runId);
  const model = await modelOfRun(run);
  const adapterBytes = (await adapterZip(runId)).size;
  const kept = await keptAnalysis(run, adapterBytes);
  return { run, model, stored: await adapterOf(run, model), adapterBytes, kept };
}

const lately = new Map<string, StoredAdapter>();

/** The last few are kept as read. */
async function adapterOf({ id }: KeptRun, { architecture }: OpenedModel): Promise<StoredAdapter> {
  const key = `${id} ${adapterVersion(id)}`;
  const known = lately.get(key);
  if (known) return known;
  const stored = await openAdapter(id, architecture);
  lately.set(key, stored);
  for (const oldest of [...lately.keys()].slice(0, -4)) lately.delete(oldest);
  return stored;
}

interface Turn {
  readonly factors: Factors;
  readonly module: AdaptedModule;
  readonly breathe: Breathe;
}

async function overModules<T>(
  { run, stored: { layout, block } }: Measured,
  signal: AbortSignal,
  measure: (turn: Turn) => Promise<T>,
): Promise<T[]> {
  const breathe = breathing(signal);
  const results: T[] = [];
  for (const module of layout.modules) {
    await breathe();
    results.push(await measure({ factors: factorsOf(layout, block, module), module, breathe }));
    post({ kind: 'analysed', runId: run.id, done: results.length, total: layout.modules.length });
  }
  return results;
}

function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
