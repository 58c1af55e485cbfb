// The kernels of the frozen product y = x·W0ᵀ and of dx = dy·W0, which all compute the same and differ in what they keep
// in registers and how they load. Which is fastest differs by device: ops/tuning measures it.
import { GpuUsageError } from '../gpu/errors.ts';
import { type ElementType, isBlockType } from '../gpu/tensor.ts';
import { type KernelTraits, loadsSingly } from '../gpu/traits.ts';

export interface ProductTile {
  readonly name: string;
  /** Ending of the module in shaders/linear: `forward` + this, `backward` + this. */
  readonly module: string;
  /** Of one workgroup. */
  readonly rows: number;
  readonly cols: number;
  readonly conditions: Readonly<Record<string, boolean>>;
  readonly constants: Readonly<Record<string, number>>;
  /** The kernel for adapted products also does frozen ones, so that there is one less to compile. */
  readonly servesFrozen: boolean;
}

/** Products that may want different tiles. */
export interface ProductClass {
  readonly kind: 'forward' | 'backward';
  /** Fewer rows than a tile of a GPU has: generation. */
  readonly isNarrow: boolean;
  readonly hasBlocks: boolean;
}

export function productClass(kind: ProductClass['kind'], rows: number, type: ElementType): ProductClass {
  return { kind, isNarrow: rows < 64, hasBlocks: isBlockType(type) };
}

/** Under which a choice is kept in `KernelTraits.variants`. */
export function variantKey({ kind, isNarrow, hasBlocks }: ProductClass): string {
  return `linear ${kind}, ${isNarrow ? 'few' : 'many'} rows, ${hasBlocks ? 'blocks' : 'floats'}`;
}

const tile = (name: string, module: string, size: number): ProductTile => ({
  name,
  module,
  rows: size,
  cols: size,
  conditions: {},
  constants: {},
  servesFrozen: false,
});

/** Whose lanes load for each other. */
export const LANES_TILE = 'lanes 16×4';

/** Any sizes, element by element. */
export const ANY_TILE = tile('any size', 'Any', 32);

/** Every tile that this device can run, for sizes that are multiples of 4. */
export function productTiles(traits: KernelTraits): ProductTile[] {
  const tiles = [
    tile('registers 4×4', '4', 32),
    tile('registers 8×8', '', 64),
    tile('workgroup memory 64×64', 'Shared', 64),
  ];
  if (traits.lanes) {
    const kernel = lanesKernel(traits);
    tiles.push({
      name: LANES_TILE,
      module: 'Lanes',
      rows: 16,
      cols: 4 * traits.subgroupWorkgroup,
      servesFrozen: true,
      ...kernel,
    });
  }
  return tiles;
}

/** The tile to take unmeasured. CPU adapters keep workgroup memory in ordinary memory, and their barriers cost. */
export function likelyTile(traits: KernelTraits): string {
  if (!traits.isCpu) return 'workgroup memory 64×64';
  return traits.lanes ? LANES_TILE : 'registers 8×8';
}

/** What every kernel over shared/lanes.wgsl is linked with. Throws where the device has no lanes. */
export function lanesKernel(traits: KernelTraits): {
  conditions: Record<string, boolean>;
  constants: Record<string, number>;
} {
  const { lanes, subgroupWorkgroup } = traits;
  if (!lanes) throw new GpuUsageError('lanesKernel: this device has no subgroups');
  return {
    conditions: { lanes4: lanes === 4, lanes8: lanes === 8, lanes16: lanes === 16, single: loadsSingly(traits) },
    constants: { LANES: lanes, WORKGROUP: subgroupWorkgroup },
  };
}

/** The measured tile, or the one to take unmeasured. */
export function chosenTile(traits: KernelTraits, of: ProductClass): ProductTile {
  const tiles = productTiles(traits);
  const named = (name: string | undefined) => tiles.find((candidate) => candidate.name === name);
  return named(traits.variants.get(variantKey(of))) ?? named(likelyTile(traits)) ?? ANY_TILE;
}

/** `traits` with one tile for every product, for tests and measurements. */
export function forcedTile(traits: KernelTraits, name: string): KernelTraits {
  const variants = new Map(traits.variants);
  for (const kind of ['forward', 'backward'] as const) {
    for (const isNarrow of [false, true]) {
      for (const hasBlocks of [false, true]) variants.set(variantKey({ kind, isNarrow, hasBlocks }), name);
    }
  }
  return { ...traits, variants };
}
