// The group table: which adapter's A and B each block of rows and columns of a fused linear meets. A run with one adapter
// is the case of one group; nothing special-cases one. Layout: shaders/shared/segments.wgsl.
import { GpuUsageError } from '../gpu/errors.ts';
import type { Tensor } from '../gpu/tensor.ts';
import { type KernelTraits, loadsSingly } from '../gpu/traits.ts';

/** One adapted matrix of one adapter, as the table needs it. */
export interface AdaptedBlock {
  readonly rank: number;
  /** Element offset of A [rank, inner] in the flat parameters. */
  readonly aStart: number;
  /** Element offset of B [colCount, rank]. */
  readonly bStart: number;
  readonly scaling: number;
  /** Tells this module's dropout draws from every other's. */
  readonly stream: number;
  readonly dropout: number;
}

/** A block of output columns and the adapter's block on it, if any. */
export interface ColumnBlock {
  readonly colStart: number;
  readonly colCount: number;
  readonly adapted: AdaptedBlock | undefined;
}

/** Rows of one adapter, and the column blocks of the linear; every group has as many column blocks as the others. */
export interface RowGroup {
  readonly rowStart: number;
  readonly rowCount: number;
  readonly columns: readonly ColumnBlock[];
}

export interface SegmentTable {
  readonly words: Uint32Array<ArrayBuffer>;
  readonly segments: number;
  readonly groups: number;
  readonly columnBlocks: number;
  readonly maxRows: number;
  readonly maxCols: number;
  readonly maxRank: number;
  /** Ranks of all column blocks of a group together, at most. */
  readonly maxGroupRank: number;
  /** Every block of columns starts and ends at a multiple of 4. */
  readonly hasAlignedColumns: boolean;
  /** Every A starts at a multiple of 4. */
  readonly hasAlignedFactors: boolean;
  /** All groups in order: neighbours that are alike in whether every rank, and every start of A, B, U and V, is a multiple of 4. */
  readonly runs: readonly GroupRun[];
  /** Elements of U (and of V): the sum of rowCount × rank. */
  readonly projectedElements: number;
  /** Sum of rowCount × rank × colCount: the arithmetic of U·Bᵀ is twice this. */
  readonly productCount: number;
  readonly hasDropout: boolean;
}

export interface GroupRun {
  readonly firstGroup: number;
  readonly groups: number;
  readonly hasEvenRanks: boolean;
}

export const SEGMENT_WORDS = 12;

/** Lays the table out. Throws when groups differ in their column blocks. */
export function buildSegments(groups: readonly RowGroup[]): SegmentTable {
  const columnBlocks = groups[0]?.columns.length ?? 0;
  const words = new Uint32Array(groups.length * columnBlocks * SEGMENT_WORDS);
  const floats = new Float32Array(words.buffer);
  let [index, uStart, productCount, maxRows, maxCols, maxRank, maxGroupRank] = [0, 0, 0, 0, 0, 0, 0];
  let hasDropout = false;
  let hasAlignedColumns = true;
  let hasAlignedFactors = true;
  const runs: GroupRun[] = [];
  for (const [firstGroup, group] of groups.entries()) {
    let hasEvenRanks = true;
    if (group.columns.length !== columnBlocks) {
      throw new GpuUsageError(`loraSegments: expected ${columnBlocks} column blocks, got ${group.columns.length}`);
    }
    maxRows = Math.max(maxRows, group.rowCount);
    for (const { colStart, colCount, adapted } of group.columns) {
      const { rank = 0, aStart = 0, bStart = 0, scaling = 0, stream = 0, dropout = 0 } = adapted ?? {};
      const at = index++ * SEGMENT_WORDS;
      words.set([group.rowStart, group.rowCount, colStart, colCount, rank, uStart, aStart, bStart], at);
      floats[at + 8] = scaling;
      words[at + 9] = stream;
      words[at + 10] = Math.min(0xffffffff, Math.round(dropout * 2 ** 32));
      floats[at + 11] = 1 / (1 - dropout);
      uStart += group.rowCount * rank;
      productCount += group.rowCount * rank * colCount;
      maxCols = Math.max(maxCols, colCount);
      maxRank = Math.max(maxRank, rank);
      hasDropout ||= dropout > 0;
      hasAlignedColumns &&= colStart % 4 === 0 && colCount % 4 === 0;
      hasAlignedFactors &&= aStart % 4 === 0;
      hasEvenRanks &&= [rank, aStart, bStart, uStart].every((count) => count % 4 === 0);
    }
    const run = runs.at(-1);
    if (run?.hasEvenRanks === hasEvenRanks) runs[runs.length - 1] = { ...run, groups: run.groups + 1 };
    else runs.push({ firstGroup, groups: 1, hasEvenRanks });
    maxGroupRank = Math.max(
      maxGroupRank,
      group.columns.reduce((sum, { adapted }) => sum + (adapted?.rank ?? 0), 0),
    );
  }
  return {
    words,
    segments: index,
    groups: groups.length,
    columnBlocks,
    maxRows,
    maxCols,
    maxRank,
    maxGroupRank,
    hasAlignedColumns,
    hasAlignedFactors,
    runs,
    projectedElements: uStart,
    productCount,
    hasDropout,
  };
}

/** A table as roomy as both: for plans whose tables change from use to use. Both are of one linear. */
export function roomierTable(a: SegmentTable, b: SegmentTable): SegmentTable {
  return {
    ...a,
    maxRank: Math.max(a.maxRank, b.maxRank),
    maxGroupRank: Math.max(a.maxGroupRank, b.maxGroupRank),
    projectedElements: Math.max(a.projectedElements, b.projectedElements),
    productCount: Math.max(a.productCount, b.productCount),
    hasAlignedFactors: a.hasAlignedFactors && b.hasAlignedFactors,
    runs: [{ firstGroup: 0, groups: a.groups, hasEvenRanks: [...a.runs, ...b.runs].every((run) => run.hasEvenRanks) }],
  };
}

/** What a fused linear needs of its adapters; absent where no matrix of it is adapted. */
export interface LoraTensors {
  readonly table: SegmentTable;
  /** The table's words, on the GPU. */
  readonly segments: Tensor;
  /** Flat A and B of every adapter, f32. */
  readonly parameters: Tensor;
  /** U (forward) and V (backward): [projectedElements]. */
  readonly u: Tensor;
}

/** Up to here, on devices that load singly, a rank at a time is as fast as four. */
const SMALL_RANK = 16;

/** Whether the low-rank products take one element at a time, where devices gain by it. Large ranks are worth the compiling. */
export function loadsRanksSingly(traits: KernelTraits, lora: LoraTensors | undefined): boolean {
  return loadsSingly(traits) && (lora?.table.maxRank ?? 0) <= SMALL_RANK;
}
