// Finds, by measuring, which tile suits this device for each class of product. Real GPUs and CPU adapters rank the tiles
// differently, and so do GPUs among themselves; a second of measuring, once per device, settles it.
import { BoundPlan, Workspace } from '../gpu/boundPlan.ts';
import type { Gpu } from '../gpu/device.ts';
import { Plan } from '../gpu/plan.ts';
import { newTensor, type Tensor } from '../gpu/tensor.ts';
import { isCpuAdapter, type KernelTraits } from '../gpu/traits.ts';
import { linearBackward, linearForward } from './linear.ts';
import { forcedTile, likelyTile, type ProductClass, productTiles, variantKey } from './productTiles.ts';

export interface TileTime {
  readonly class: string;
  readonly tile: string;
  /** The shortest of several runs. */
  readonly elapsedMs: number;
  /** A multiply-add is two. */
  readonly operations: number;
}

export interface Tuning {
  /** For `KernelTraits.variants`. */
  readonly variants: ReadonlyMap<string, string>;
  readonly times: readonly TileTime[];
}

/** Classes in the order of what they matter to training: what time does not reach keeps its rule. */
const CLASSES: readonly ProductClass[] = [
  { kind: 'forward', isNarrow: false, hasBlocks: false },
  { kind: 'backward', isNarrow: false, hasBlocks: false },
  { kind: 'forward', isNarrow: false, hasBlocks: true },
  { kind: 'backward', isNarrow: false, hasBlocks: true },
  { kind: 'forward', isNarrow: true, hasBlocks: false },
  { kind: 'forward', isNarrow: true, hasBlocks: true },
];

const RUNS = 3;
const NOISE = 0.9;

/** Measures until `budgetMs` is over, the likely tile of a class first, so that what is cut short is what matters least. Leaves nothing on the device. */
export async function tune(gpu: Gpu, budgetMs = 800): Promise<Tuning> {
  const end = performance.now() + budgetMs;
  const times: TileTime[] = [];
  const variants = new Map<string, string>();
  for (const of of CLASSES) {
    const measured: TileTime[] = [];
    const tiles = worthTrying(gpu.traits);
    for (const name of tiles) {
      if (performance.now() > end) break;
      measured.push(await measure(gpu, of, name));
    }
    if (measured.length === 0) break;
    times.push(...measured);
    variants.set(variantKey(of), choose(measured));
  }
  return { variants, times };
}

/** The likely tile, which is measured first, unless another is faster by more than the noise of short measurements. */
function choose(measured: readonly TileTime[]): string {
  const likely = measured[0]!;
  const best = measured.reduce((a, b) => (b.elapsedMs < a.elapsedMs ? b : a));
  return best.elapsedMs < NOISE * likely.elapsedMs ? best.tile : likely.tile;
}

/** On CPU adapters workgroup memory is ordinary memory and its barriers cost: two to six times slower, and slow to compile. */
function worthTrying(traits: KernelTraits): string[] {
  const likely = likelyTile(traits);
  const others = productTiles(traits)
    .map(({ name }) => name)
    .filter((name) => name !== likely);
  return [likely, ...(isCpuAdapter(traits) ? others.filter((name) => !name.startsWith('workgroup')) : others)];
}

async function measure(gpu: Gpu, of: ProductClass, name: string): Promise<TileTime> {
  const isSmall = isCpuAdapter(gpu.traits);
  const rows = of.isNarrow ? 16 : isSmall ? 128 : 512;
  const [inner, cols] = isSmall ? [512, 256] : [1024, 1024];
  const tensors = {
    left: newTensor('left', [rows, of.kind === 'forward' ? inner : cols]),
    weight: newTensor('weight', [cols, inner], { type: of.hasBlocks ? 'q4' : 'f32' }),
    result: newTensor('result', [rows, of.kind === 'forward' ? cols : inner]),
  };
  const plan = new Plan('tuning', forcedTile(gpu.traits, name));
  // Several in one submit, so that what a submit costs does not count.
  const repeats = isSmall ? 2 : 4;
  for (let i = 0; i < repeats; i++) record(plan, of, tensors);
  const laidOut = await plan.layOut(gpu.shaders, gpu.limits);
  const workspace = new Workspace();
  workspace.reserve(laidOut.layout);
  const all = Object.values(tensors);
  try {
    for (const tensor of all) gpu.place(tensor.allocation);
    const bound = await BoundPlan.bind(gpu, laidOut, workspace);
    const run = async () => {
      const start = performance.now();
      bound.submit(gpu);
      await gpu.device.queue.onSubmittedWorkDone();
      return performance.now() - start;
    };
    await run();
    let elapsedMs = Number.POSITIVE_INFINITY;
    for (let i = 0; i < RUNS; i++) elapsedMs = Math.min(elapsedMs, await run());
    bound.free(gpu);
    return { class: variantKey(of), tile: name, elapsedMs: elapsedMs / repeats, operations: 2 * rows * inner * cols };
  } finally {
    for (const tensor of all) gpu.free(tensor.allocation);
    workspace.free(gpu);
  }
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
  return [name, [...features].sort().join(' '), tiles.join(' ')].join(' | ');
}

/** Where tunings are kept between visits. */
export interface TuningMemory {
  recall(device: string): Promise<ReadonlyMap<string, string> | undefined>;
  remember(device: string, variants: ReadonlyMap<string, string>): Promise<void>;
}

/** Gives the device its measured variants: those remembered, else measured now and remembered. */
export async function applyTuning(gpu: Gpu, memory: TuningMemory): Promise<void> {
  const key = tuningKey(gpu);
  let variants = await memory.recall(key);
  if (!variants) {
    ({ variants } = await tune(gpu));
    await memory.remember(key, variants);
  }
  gpu.traits = { ...gpu.traits, variants };
}
