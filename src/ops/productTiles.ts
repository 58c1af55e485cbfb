// The kernels of the frozen product y = x·W0ᵀ and of dx = dy·W0, which all compute the same and differ in what they keep
// in registers and how they load. Which is fastest differs by device: see tuning.
import { GpuUsageError } from '../gpu/errors.ts';
import type { KernelTraits } from '../gpu/traits.ts';

export interface ProductTile {
  readonly name: string;
  /** Ending of the module in shaders/linear: `forward` + this, `backward` + this. */
  readonly module: string;
  /** Of one workgroup. */
  readonly rows: number;
  readonly cols: number;
  readonly conditions: Readonly<Record<string, boolean>>;
  readonly constants: Readonly<Record<string, number>>;
}

/** What a product needs of the shape: vector loads need multiples of 4. */
export type ProductKind = 'forward' | 'backward';

const registers = (size: 4 | 8, module: string): ProductTile => ({
  name: `registers ${size}×${size}`,
  module,
  rows: 8 * size,
  cols: 8 * size,
  conditions: {},
  constants: {},
});

/** Any sizes, element by element. */
export const ANY_TILE: ProductTile = { ...registers(4, 'Any'), name: 'any size' };

/** Every tile this device can run on sizes that are multiples of 4, the one that needs least first. */
export function productTiles({ lanes, subgroupWorkgroup }: KernelTraits): ProductTile[] {
  const tiles = [registers(4, '4'), registers(8, '')];
  if (lanes) {
    const kernel = lanesKernel({ lanes, subgroupWorkgroup });
    tiles.push({ name: 'lanes 16×4', module: 'Lanes', rows: 16, cols: 4 * subgroupWorkgroup, ...kernel });
  }
  return tiles;
}

/** What every kernel over shared/lanes.wgsl is linked with. Throws where the device has no lanes. */
export function lanesKernel({ lanes, subgroupWorkgroup }: Pick<KernelTraits, 'lanes' | 'subgroupWorkgroup'>): {
  conditions: Record<string, boolean>;
  constants: Record<string, number>;
} {
  if (!lanes) throw new GpuUsageError('lanesKernel: this device has no subgroups');
  return {
    conditions: { lanes4: lanes === 4, lanes8: lanes === 8, lanes16: lanes === 16 },
    constants: { LANES: lanes, WORKGROUP: subgroupWorkgroup },
  };
}

/** The measured tile, or the last this device can run. */
export function chosenTile(traits: KernelTraits, kind: ProductKind): ProductTile {
  const tiles = productTiles(traits);
  const name = traits.variants.get(`linear ${kind}`);
  return tiles.find((tile) => tile.name === name) ?? tiles.at(-1)!;
}
