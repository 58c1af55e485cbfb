// Finds, by measuring, which tile suits this device for each class of product. Real GPUs and CPU adapters rank the tiles
// differently, and so do GPUs among themselves; a second of measuring, once per device, settles it.
import { BoundPlan, Workspace } from '../gpu/boundPlan.ts';
import type { Gpu } from '../gpu/device.ts';
import { ShaderError } from '../gpu/errors.ts';
import { Plan } from '../gpu/plan.ts';
import { newTensor, type Tensor } from '../gpu/tensor.ts';
import type { KernelTraits } from '../gpu/traits.ts';
import { linearBackward, linearForward } from './linear.ts';
import { forcedTile, likelyTile, type ProductClass, productTiles, variantKey } from './productTiles.ts';
import { checkSubgroups, TRUSTS, trusting } from './subgroupCheck.ts';

export interface TileTime {
  readonly class: string;
  readonly tile: string;
  /** One a round; in each the tiles of a class take turns, so that what disturbs the machine for a moment disturbs them alike. */
  readonly roundsMs: readonly number[];
}

export interface Tuning {
  /** For `KernelTraits.variants`. */
  readonly variants: ReadonlyMap<string, string>;
  readonly times: readonly TileTime[];
}

/** In the order of what they matter to training: what time does not reach keeps its likely tile. */
const CLASSES: readonly ProductClass[] = [
  { kind: 'forward', isNarrow: false, hasBlocks: false },
  { kind: 'backward', isNarrow: false, hasBlocks: false },
  { kind: 'forward', isNarrow: false, hasBlocks: true },
  { kind: 'backward', isNarrow: false, hasBlocks: true },
  { kind: 'forward', isNarrow: true, hasBlocks: false },
  { kind: 'forward', isNarrow: true, hasBlocks: true },
];

const ROUNDS = 5;
const NOISE = 0.9;
/** Under which it is kept what the check of subgroups found. */
const SUBGROUPS = 'subgroups';

/** Tries no further tile when `budgetMs` are over, the likely one of a class first. Leaves nothing on the device. */
export async function tune(gpu: Gpu, budgetMs = 800): Promise<Tuning> {
  const end = performance.now() + budgetMs;
  const times: TileTime[] = [];
  const variants = new Map<string, string>();
  for (const of of CLASSES) {
    if (performance.now() > end) break;
    const measured = await measure(gpu, of, end);
    times.push(...measured);
    if (measured.length > 0) variants.set(variantKey(of), choose(measured));
  }
  return { variants, times };
}

/** The likely tile, which is measured first, unless another is faster by more than noise, and was so in all rounds but one. @internal */
export function choose(measured: readonly Pick<TileTime, 'tile' | 'roundsMs'>[]): string {
  const likely = measured[0]!;
  const shortest = ({ roundsMs }: (typeof measured)[number]) => Math.min(...roundsMs);
  const best = measured.reduce((a, b) => (shortest(b) < shortest(a) ? b : a));
  const wins = best.roundsMs.filter((ms, round) => ms < NOISE * likely.roundsMs[round]!).length;
  return wins >= ROUNDS - 1 && shortest(best) < NOISE * shortest(likely) ? best.tile : likely.tile;
}

/** On CPU adapters workgroup memory is ordinary memory and its barriers cost: two to six times slower, and slow to compile. */
function worthTrying(traits: KernelTraits): string[] {
  const likely = likelyTile(traits);
  const others = productTiles(traits)
    .map(({ name }) => name)
    .filter((name) => name !== likely);
  return [likely, ...(traits.isCpu ? others.filter((name) => !name.startsWith('workgroup')) : others)];
}

async function measure(gpu: Gpu, of: ProductClass, end: number): Promise<TileTime[]> {
  const isSmall = gpu.traits.isCpu;
  const rows = of.isNarrow ? 16 : isSmall ? 128 : 512;
  const [inner, cols] = isSmall ? [512, 256] : [1024, 1024];
  const tensors = {
    left: newTensor('left', [rows, of.kind === 'forward' ? inner : cols]),
    weight: newTensor('weight', [cols, inner], { type: of.hasBlocks ? 'q4' : 'f32' }),
    result: newTensor('result', [rows, of.kind === 'forward' ? cols : inner]),
  };
  const tiles = worthTrying(gpu.traits);
  // Several in one submit, so that what a submit costs does not count.
  const repeats = isSmall ? 2 : 4;
  const laidOut = await Promise.all(
    tiles.map((tile) => {
      const plan = new Plan('tuning', forcedTile(gpu.traits, tile));
      for (let i = 0; i < repeats; i++) record(plan, of, tensors);
      return plan.layOut(gpu.shaders, gpu.limits);
    }),
  );
  const workspace = new Workspace();
  for (const { layout } of laidOut) workspace.reserve(layout);
  const bound = new Map<string, BoundPlan>();
  try {
    for (const tensor of Object.values(tensors)) gpu.place(tensor.allocation);
    for (const [i, tile] of tiles.entries()) {
      const plan = await BoundPlan.bind(gpu, laidOut[i]!, workspace).catch(unlessCompiling);
      if (!plan) continue;
      bound.set(tile, plan);
      await timed(gpu, plan);
      if (performance.now() > end) break;
    }
    const rounds = await measureRounds(gpu, [...bound.values()]);
    const ofClass = variantKey(of);
    return [...bound.keys()].map((tile, i) => ({ class: ofClass, tile, roundsMs: rounds.map((times) => times[i]!) }));
  } finally {
    for (const plan of bound.values()) plan.free(gpu);
    for (const tensor of Object.values(tensors)) gpu.free(tensor.allocation);
    workspace.free(gpu);
  }
}

/** A tile that a driver does not compile is none to choose. */
function unlessCompiling(error: unknown): undefined {
  if (!(error instanceof ShaderError)) throw error;
}

/** ms of each plan, round after round. */
async function measureRounds(gpu: Gpu, plans: readonly BoundPlan[]): Promise<number[][]> {
  const rounds: number[][] = [];
  while (rounds.length < ROUNDS) {
    const times: number[] = [];
    for (const plan of plans) times.push(await timed(gpu, plan));
    rounds.push(times);
  }
  return rounds;
}

async function timed(gpu: Gpu, plan: BoundPlan): Promise<number> {
  const start = performance.now();
  plan.submit(gpu);
  await gpu.done();
  return performance.now() - start;
}

function record(plan: Plan, { kind }: ProductClass, t: { left: Tensor; weight: Tensor; result: Tensor }): void {
  const [rows = 0, cols = 0] = t.weight.shape;
  const weight = { rows, cols, parts: [{ tensor: t.weight, rowStart: 0 }] };
  if (kind === 'forward') linearForward(plan, { x: t.left, weight, y: t.result });
  else linearBackward(plan, { dy: t.left, weight, dx: t.result });
}

/** Names this device and these kernels: what was measured of them holds while the name does. */
function tuningKey({ adapter, traits }: Gpu): string {
  const { name, features } = adapter;
  const tiles = productTiles(traits).map((tile) => tile.name);
  return [name, [...features].sort().join(' '), tiles.join(' '), SUBGROUPS].join(' | ');
}

/** Where tunings are kept between visits. */
export interface TuningMemory {
  recall(device: string): Promise<ReadonlyMap<string, string> | undefined>;
  remember(device: string, variants: ReadonlyMap<string, string>): Promise<void>;
}

/**
 * Gives the device its measured variants, and takes subgroups from it that are not as it says: as remembered, else found
 * now and remembered.
 */
export async function applyTuning(gpu: Gpu, memory: TuningMemory): Promise<void> {
  const key = tuningKey(gpu);
  let variants = await memory.recall(key);
  if (!variants) {
    const trust = await checkSubgroups(gpu);
    gpu.traits = trusting(gpu.traits, trust);
    variants = new Map([...(await tune(gpu)).variants, [SUBGROUPS, trust]]);
    await memory.remember(key, variants);
  }
  const trust = TRUSTS.find((known) => known === variants.get(SUBGROUPS)) ?? 'all';
  gpu.traits = { ...trusting(gpu.traits, trust), variants };
}
