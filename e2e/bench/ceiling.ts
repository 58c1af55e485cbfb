// The ceiling: the fastest plain matrix product this adapter runs, over every kernel there is for it, and the fastest copy.
// What is reached elsewhere is told as a share of these.
import type { Pass } from '../../src/gpu/plan.ts';
import type { Tensor } from '../../src/gpu/tensor.ts';
import type { KernelTraits } from '../../src/gpu/traits.ts';
import { linearForward } from '../../src/ops/linear.ts';
import { productTiles } from '../../src/ops/productTiles.ts';
import { contest } from './contest.ts';
import type { Prepared, Rig } from './rig.ts';
import { mapSpread, type Spread } from './statistics.ts';
import { number, spread, type Table, times } from './table.ts';

export const PLAIN_TILE = 'plain 4×4';

interface Candidate {
  readonly size: number;
  readonly kernel: string;
  readonly prepared: Prepared;
  check(): Promise<void>;
}

export interface CeilingResult {
  /** GFLOP/s by size, then by kernel. */
  readonly products: Readonly<Record<string, Readonly<Record<string, Spread>>>>;
  /** Bytes read and written per second, in GB/s, by workgroups of the copy. */
  readonly copies: Readonly<Record<string, Spread>>;
  /** The best kernel's median over all sizes, GFLOP/s. */
  readonly gflops: number;
  readonly gigabytes: number;
}

/** Everything to run beside what is to be compared with the ceiling. */
export interface CeilingContest {
  readonly contenders: readonly Prepared[];
  /** Reads the ceiling off the contest's result, and checks the products. */
  result(elapsed: ReadonlyMap<string, Spread>): Promise<CeilingResult>;
}

const SIZES = [512, 1024];

export async function prepareCeiling(rig: Rig): Promise<CeilingContest> {
  const candidates: Candidate[] = [];
  for (const size of SIZES) candidates.push(...(await prepareProducts(rig, size)));
  const copyBytes = rig.gpu.adapter.isSoftware ? 32 << 20 : 128 << 20;
  const copies = await prepareCopies(rig, copyBytes);
  return {
    contenders: [...candidates.map(({ prepared }) => prepared), ...copies],
    async result(elapsed) {
      const products: Record<string, Record<string, Spread>> = {};
      for (const { size, kernel, prepared, check } of candidates) {
        await check();
        const operations = 2 * size ** 3 * prepared.repeats;
        products[size] ??= {};
        products[size][kernel] = mapSpread(elapsed.get(prepared.name)!, (ms) => operations / ms / 1e6);
      }
      const bandwidth: Record<string, Spread> = {};
      for (const { name, repeats } of copies) {
        bandwidth[name] = mapSpread(elapsed.get(name)!, (ms) => (2 * copyBytes * repeats) / ms / 1e6);
      }
      const best = (found: Readonly<Record<string, Spread>>) => Math.max(...Object.values(found).map((s) => s.median));
      return {
        products,
        copies: bandwidth,
        gflops: Math.max(...Object.values(products).map(best)),
        gigabytes: best(bandwidth),
      };
    },
  };
}

/** The ceiling by itself. */
export async function measureCeiling(rig: Rig, runs: number): Promise<CeilingResult> {
  const { contenders, result } = await prepareCeiling(rig);
  return result(await contest(contenders, { runs }));
}

/** Best over plain, at a size. */
export function overPlain({ products }: CeilingResult, size: number): number {
  const found = products[size] ?? {};
  return Math.max(...Object.values(found).map((s) => s.median)) / found[PLAIN_TILE]!.median;
}

export function ceilingTable({ products, copies }: CeilingResult): Table {
  const rows = Object.entries(products).flatMap(([size, kernels]) =>
    Object.entries(kernels).map(([kernel, gflops]) => [
      `${size}³ ${kernel}`,
      spread(gflops),
      'GFLOP/s',
      times(gflops.median / kernels[PLAIN_TILE]!.median),
    ]),
  );
  const copied = Object.entries(copies).map(([name, rate]) => [name, spread(rate), 'GB/s', '']);
  return {
    title: 'Ceiling',
    columns: ['kernel', 'median [min–max]', 'unit', 'over plain 4×4'],
    rows: [...rows, ...copied],
  };
}

async function prepareProducts(rig: Rig, size: number): Promise<Candidate[]> {
  const [left, right] = [rig.values(size * size), rig.values(size * size)];
  const x = rig.input(left, [size, size]);
  const weight = rig.weight(right, size, size, 'f32');
  const b = rig.input(right, [size, size]);
  const make = async (
    kernel: string,
    isTransposed: boolean,
    record: (pass: Pass, y: Tensor) => void,
    traits?: KernelTraits,
  ) => {
    const y = rig.output([size, size]);
    const prepared = await rig.prepare(`${kernel} at ${size}`, (pass) => record(pass, y), { traits });
    const check = async () => checkProduct(`${kernel} at ${size}³`, left, right, size, isTransposed, await rig.read(y));
    return { size, kernel, prepared, check };
  };
  const plain = (pass: Pass, y: Tensor) =>
    pass.run(
      { path: 'bench/plain' },
      { params: { size }, buffers: [x, b, y], workgroups: [Math.ceil(size / 32), Math.ceil(size / 32)] },
    );
  const candidates = [await make(PLAIN_TILE, false, plain)];
  for (const tile of productTiles(rig.gpu.traits)) {
    const traits = { ...rig.gpu.traits, variants: new Map([['linear forward', tile.name]]) };
    candidates.push(await make(tile.name, true, (pass, y) => linearForward(pass, { x, weight, y }), traits));
  }
  return candidates;
}

async function prepareCopies(rig: Rig, bytes: number): Promise<Prepared[]> {
  const x = rig.input(rig.values(bytes / 4), [bytes / 4]);
  const y = rig.output([bytes / 4]);
  const count = bytes / 16;
  const copies = [];
  for (const workgroups of [count / 256, 2048, 64]) {
    const record = (pass: Pass) =>
      pass.run(
        { path: 'bench/copy' },
        { params: { count, stride: workgroups * 256 }, buffers: [x, y], workgroups: [workgroups] },
      );
    copies.push(await rig.prepare(`copy, ${number(workgroups)} workgroups`, record));
  }
  return copies;
}

/** Throws unless 64 places of C, spread over it, are what A·B (or A·Bᵀ) is. */
function checkProduct(
  name: string,
  a: Float32Array,
  b: Float32Array,
  size: number,
  isTransposed: boolean,
  c: Float32Array,
): void {
  for (let sample = 0; sample < 64; sample++) {
    const row = (sample * 37 + 5) % size;
    const col = (sample * 101 + 3) % size;
    let sum = 0;
    for (let k = 0; k < size; k++) sum += a[row * size + k]! * (isTransposed ? b[col * size + k]! : b[k * size + col]!);
    const error = Math.abs(c[row * size + col]! - sum);
    if (!(error < 1e-3)) throw new Error(`${name}: [${row}, ${col}] is ${c[row * size + col]}, expected ${sum}`);
  }
}
