// The ceiling: the fastest plain matrix product this adapter runs, over every kernel there is for it, and the fastest copy.
// What is reached elsewhere is told as a share of these.
import type { Pass } from '../../src/gpu/plan.ts';
import type { Tensor } from '../../src/gpu/tensor.ts';
import type { KernelTraits } from '../../src/gpu/traits.ts';
import { linearForward } from '../../src/ops/linear.ts';
import { forcedTile, productTiles } from '../../src/ops/productTiles.ts';
import { contest } from './contest.ts';
import type { Prepared, Rig } from './rig.ts';
import { mapSpread, type Spread } from './statistics.ts';
import { mebibytes, spread, type Table, times } from './table.ts';

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
  /** The fastest copy of each size: bytes read and written per second, GB/s, by bytes read and written. */
  readonly copies: Readonly<Record<string, Spread>>;
  /** The best kernel's median over all sizes, GFLOP/s. */
  readonly gflops: number;
}

/** Everything to run beside what is to be compared with the ceiling. */
export interface CeilingContest {
  readonly contenders: readonly Prepared[];
  /** Reads the ceiling off the contest's result, and checks the products. */
  result(elapsed: ReadonlyMap<string, Spread>): Promise<CeilingResult>;
}

const SIZES = [512, 1024];
/** MiB read and written. What is small stays in caches, and must be compared with what does. */
const COPIES = [1, 4, 16, 64, 256];

export async function prepareCeiling(rig: Rig): Promise<CeilingContest> {
  const candidates: Candidate[] = [];
  for (const size of SIZES) candidates.push(...(await prepareProducts(rig, size)));
  const copies = await prepareCopies(rig, rig.gpu.adapter.isSoftware ? COPIES.slice(0, -1) : COPIES);
  return {
    contenders: [...candidates.map(({ prepared }) => prepared), ...copies.map(({ prepared }) => prepared)],
    async result(elapsed) {
      const products: Record<string, Record<string, Spread>> = {};
      for (const { size, kernel, prepared, check } of candidates) {
        await check();
        const operations = 2 * size ** 3 * prepared.repeats;
        products[size] ??= {};
        products[size][kernel] = mapSpread(elapsed.get(prepared.name)!, (ms) => operations / ms / 1e6);
      }
      const rates: Record<string, Spread> = {};
      for (const { bytes, prepared } of copies) {
        const rate = mapSpread(elapsed.get(prepared.name)!, (ms) => (bytes * prepared.repeats) / ms / 1e6);
        if (rate.median > (rates[bytes]?.median ?? 0)) rates[bytes] = rate;
      }
      const medians = Object.values(products).flatMap((kernels) => Object.values(kernels).map(({ median }) => median));
      return { products, copies: rates, gflops: Math.max(...medians) };
    },
  };
}

/** GB/s of the fastest copy that moves about as many bytes. */
export function copyRate({ copies }: Pick<CeilingResult, 'copies'>, bytes: number): number {
  const distance = (size: string) => Math.abs(Math.log(Number(size) / bytes));
  const [, rate] = Object.entries(copies).sort(([a], [b]) => distance(a) - distance(b))[0]!;
  return rate.median;
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
  const copied = Object.entries(copies).map(([size, rate]) => [
    `copy, ${mebibytes(Number(size))}`,
    spread(rate),
    'GB/s',
    '',
  ]);
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
    const traits = forcedTile(rig.gpu.traits, tile.name);
    candidates.push(await make(tile.name, true, (pass, y) => linearForward(pass, { x, weight, y }), traits));
  }
  return candidates;
}

interface Copy {
  /** Read and written. */
  readonly bytes: number;
  readonly prepared: Prepared;
}

async function prepareCopies(rig: Rig, sizes: readonly number[]): Promise<Copy[]> {
  const copies: Copy[] = [];
  for (const size of sizes) {
    const bytes = size << 20;
    const x = rig.input(rig.values(bytes / 8), [bytes / 8]);
    const y = rig.output([bytes / 8]);
    const count = bytes / 32;
    for (const each of [1, 4, 16]) {
      const workgroups = Math.ceil(count / each / 256);
      const params = { count, stride: workgroups * 256 };
      const record = (pass: Pass) =>
        pass.run({ path: 'bench/copy' }, { params, buffers: [x, y], workgroups: [workgroups] });
      copies.push({ bytes, prepared: await rig.prepare(`copy ${size} MiB, ${each} each`, record) });
    }
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
