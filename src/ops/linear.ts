// The fused LoRA linear (Hu et al. 2021, arXiv 2106.09685, section 4.1): y = x·W0ᵀ + bias + scaling·(x·Aᵀ)·Bᵀ [+ residual],
// and its backward. The low-rank term is accumulated inside the kernel that computes the frozen product, both ways, so y
// and dx are written once. W0 never has a gradient.
import { GpuUsageError } from '../gpu/errors.ts';
import type { Call, Pass } from '../gpu/plan.ts';
import type { KernelSource } from '../gpu/shaders.ts';
import { elementCount, expectShape, type Tensor } from '../gpu/tensor.ts';
import { type KernelTraits, loadsSingly } from '../gpu/traits.ts';
import type { Activation } from './activation.ts';
import { type GroupRun, type LoraTensors, loadsRanksSingly, SEGMENT_WORDS } from './loraSegments.ts';
import { ANY_TILE, chosenTile, type ProductClass, type ProductTile, productClass } from './productTiles.ts';
import { formatConditions, partRows, type WeightMatrix, type WeightPart } from './weightMatrix.ts';

export interface LinearTensors {
  /** [rows, inner] */
  readonly x: Tensor;
  /** W0 [cols, inner] */
  readonly weight: WeightMatrix;
  /** [cols] */
  readonly bias?: Tensor;
  /** [rows, cols], added to y */
  readonly residual?: Tensor;
  readonly lora?: LoraTensors;
  /** [rows, cols] */
  readonly y: Tensor;
  /** [rows, cols]: act(y), written beside y. Not together with a residual. */
  readonly activate?: { readonly y: Tensor; readonly activation: Activation } | undefined;
}

export interface LinearGradients {
  /** [rows, cols] */
  readonly dy: Tensor;
  readonly weight: WeightMatrix;
  readonly lora?: LoraTensors & {
    /** [projectedElements], from `loraProjectBackward` */
    readonly v: Tensor;
    /** The step record, for dropout. */
    readonly step: Tensor;
  };
  /** [rows, inner] */
  readonly dx: Tensor;
}

export interface ProductOptions {
  /**
   * Arithmetic of one dispatch at most, as far as tiles of rows allow. A dispatch is the least that a submit can hold, so
   * this is what keeps a slow device's submits short.
   */
  readonly dispatchOperations?: number;
}

const DISPATCH_OPERATIONS = 40e9;
/** Up to this many rows the matrix–vector kernel is used. */
const VECTOR_ROWS = 4;
const VECTOR_COLS = 256;

/** Overwrites y. With adapters, `loraProject` must have filled u. */
export function linearForward(pass: Pass, t: LinearTensors, options: ProductOptions = {}): void {
  const [rows = 0, inner = 0] = t.x.shape;
  const cols = t.weight.rows;
  expectShape('linearForward', 'x', t.x, [rows, t.weight.cols]);
  expectShape('linearForward', 'y', t.y, [rows, cols]);
  if (t.bias) expectShape('linearForward', 'bias', t.bias, [cols]);
  if (t.residual) expectShape('linearForward', 'residual', t.residual, [rows, cols]);
  if (t.activate) {
    expectShape('linearForward', 'activated', t.activate.y, [rows, cols]);
    if (t.residual) throw new GpuUsageError('linearForward: expected a residual or an activation, got both');
  }
  const lora = t.lora;
  const aligned = inner % 4 === 0;
  const isVector = aligned && rows <= VECTOR_ROWS;
  for (const part of t.weight.parts) {
    const tile = tileFor(pass, 'forward', aligned, rows, part);
    const servesFrozen = tile.servesFrozen && !isVector;
    const single = servesFrozen && loadsRanksSingly(pass.traits, lora);
    const evenCols = servesFrozen && hasEvenColumns(cols, part, lora);
    const maybeActivate = evenCols && servesActivation(pass.traits, t.activate?.activation);
    const activation = maybeActivate ? pass.traits.activation : t.activate?.activation;
    // Otherwise, with an activation it is a kernel of its own anyway.
    const hasLora = lora !== undefined || maybeActivate || (servesFrozen && !t.activate);
    // What is absent is bound to x and not read, or to scratch and not written.
    const operands = [
      t.bias ?? t.x,
      (maybeActivate ? t.residual : (t.activate?.y ?? t.residual)) ?? t.x,
      ...(hasLora ? [lora?.segments ?? t.x, lora?.u ?? t.x, lora?.parameters ?? t.x] : []),
      ...(maybeActivate ? [t.activate?.y ?? pass.scratch('no activation', [4])] : []),
    ];
    const kernelOf = (hasEvenRanks: boolean): KernelSource => ({
      path: isVector ? 'linear/vector' : `linear/forward${tile.module}`,
      conditions: {
        ...(isVector ? {} : { ...tile.conditions, single }),
        ...formatConditions(part.tensor, { nativeF16: pass.traits.hasF16 }),
        aligned,
        lora: hasLora,
        evenRanks: hasLora && hasEvenRanks,
        evenCols,
        activate: t.activate !== undefined && !maybeActivate,
        maybeActivate,
        ...(activation ? { [activation]: true } : {}),
      },
      constants: isVector ? {} : tile.constants,
    });
    const tileRows = lora ? lora.table.maxRows : rows;
    const tileCols = Math.min(partRows(part), lora ? lora.table.maxCols : cols);
    const operations = 2 * rows * inner * partRows(part) + 2 * (lora?.table.productCount ?? 0);
    for (const { firstGroup, groups, hasEvenRanks, share } of runsOf(lora, servesFrozen && !single)) {
      runByRowTiles(pass, options, kernelOf(hasEvenRanks), {
        params: {
          rows,
          inner,
          cols,
          weightStart: part.rowStart,
          weightRows: partRows(part),
          hasBias: t.bias ? 1 : 0,
          hasResidual: t.residual ? 1 : 0,
          isAdapted: lora ? 1 : 0,
          isActivated: t.activate ? 1 : 0,
          segmentStart: firstGroup * (lora?.table.columnBlocks ?? 0),
        },
        buffers: [t.x, part.tensor, t.y, ...operands],
        workgroups: [
          Math.ceil(tileCols / (isVector ? VECTOR_COLS : tile.cols)),
          isVector ? tileRows : Math.ceil(tileRows / tile.rows),
          groups * (lora?.table.columnBlocks ?? 1),
        ],
        operations: operations * share,
      });
    }
  }
}

/**
 * The groups of a product, by dispatch: those whose ranks are multiples of 4 load them as vectors, and need not wait for
 * the others of a race. `share`: of all groups.
 */
function runsOf(lora: LoraTensors | undefined, loadsRanksAsVectors: boolean): (GroupRun & { share: number })[] {
  if (!lora) return [{ firstGroup: 0, groups: 1, hasEvenRanks: loadsRanksAsVectors, share: 1 }];
  const { groups, runs } = lora.table;
  if (!loadsRanksAsVectors) return [{ firstGroup: 0, groups, hasEvenRanks: false, share: 1 }];
  return runs.map((run) => ({ ...run, share: run.groups / groups }));
}

/** How `linearBackward` treats what is already in dx. */
export type IntoDx = { kind: 'overwrite' } | { kind: 'add' } | { kind: 'rescale'; scale: Tensor };

/** dx = dy·W0 + mask∘(scaling·V·A); overwrites dx, adds to it, or adds to it after scaling its rows. */
export function linearBackward(
  pass: Pass,
  t: LinearGradients,
  into: IntoDx = { kind: 'overwrite' },
  options: ProductOptions = {},
): void {
  const [rows = 0, cols = 0] = t.dy.shape;
  const inner = t.weight.cols;
  expectShape('linearBackward', 'dy', t.dy, [rows, t.weight.rows]);
  expectShape('linearBackward', 'dx', t.dx, [rows, inner]);
  if (into.kind === 'rescale') {
    expectShape('linearBackward', 'scale', into.scale, [rows]);
    if (t.lora || t.weight.parts.length > 1) throw new GpuUsageError('linearBackward: rescale is for one frozen part');
  }
  const aligned = inner % 4 === 0 && cols % 4 === 0 && t.weight.parts.every(({ rowStart }) => rowStart % 4 === 0);
  t.weight.parts.forEach((part, index) => {
    const tile = tileFor(pass, 'backward', aligned, rows, part);
    const lora = index === 0 ? t.lora : undefined;
    const dropout = lora?.table.hasDropout === true;
    const single = tile.servesFrozen && loadsRanksSingly(pass.traits, lora);
    const servesFrozen = tile.servesFrozen && into.kind !== 'rescale' && elementCount(t.dy.shape) >= SEGMENT_WORDS;
    const hasLora = lora !== undefined || servesFrozen;
    const kernelOf = (hasEvenRanks: boolean): KernelSource => ({
      path: `linear/backward${tile.module}`,
      conditions: {
        ...tile.conditions,
        single,
        ...formatConditions(part.tensor, { nativeF16: pass.traits.hasF16 }),
        aligned,
        lora: hasLora,
        evenRanks: hasLora && hasEvenRanks,
        evenFactors: tile.servesFrozen && hasLora && (single ? hasAlignedFactors : hasEvenRanks),
        evenCols: tile.servesFrozen,
        dropout,
        accumulate: index > 0 || into.kind === 'add',
        rescale: into.kind === 'rescale',
      },
      constants: tile.constants,
    });
    const hasAlignedFactors = lora?.table.hasAlignedFactors ?? true;
    const operations = 2 * rows * inner * partRows(part) + 2 * (lora ? lora.table.projectedElements * inner : 0);
    for (const { firstGroup, groups, hasEvenRanks, share } of runsOf(lora, !single && tile.servesFrozen)) {
      runByRowTiles(pass, options, kernelOf(hasEvenRanks), {
        params: {
          rows,
          inner,
          cols,
          weightStart: part.rowStart,
          weightRows: partRows(part),
          columnBlocks: lora?.table.columnBlocks ?? 0,
          groupStart: firstGroup,
        },
        buffers: [
          t.dy,
          part.tensor,
          t.dx,
          ...(into.kind === 'rescale' ? [into.scale] : []),
          ...(hasLora ? [lora?.segments ?? t.dy, lora?.v ?? t.dy, lora?.parameters ?? t.dy] : []),
          ...(lora && dropout ? [lora.step] : []),
        ],
        workgroups: [Math.ceil(inner / tile.cols), Math.ceil((lora?.table.maxRows ?? rows) / tile.rows), groups],
        operations: operations * share,
      });
    }
  });
}

/** Whether the kernel of every product of this plan may be the one that activates. */
function servesActivation(traits: KernelTraits, own: Activation | undefined): boolean {
  return loadsSingly(traits) && traits.activation !== undefined && (own ?? traits.activation) === traits.activation;
}

/** Whether results can be stored four columns at a time. */
function hasEvenColumns(cols: number, part: WeightPart, lora: LoraTensors | undefined): boolean {
  const bounds = [cols, part.rowStart, partRows(part)];
  return bounds.every((count) => count % 4 === 0) && (lora?.table.hasAlignedColumns ?? true);
}

function runByRowTiles(
  pass: Pass,
  { dispatchOperations = DISPATCH_OPERATIONS }: ProductOptions,
  kernel: KernelSource,
  call: Call,
): void {
  const [x = 1, tiles = 1, z = 1] = call.workgroups;
  const { operations = 0 } = call;
  const pieces = Math.min(tiles, Math.ceil(operations / dispatchOperations)) || 1;
  const step = Math.ceil(tiles / pieces);
  for (let tileStart = 0; tileStart < tiles; tileStart += step) {
    const count = Math.min(step, tiles - tileStart);
    pass.run(kernel, {
      ...call,
      params: { ...call.params, tileStart },
      workgroups: [x, count, z],
      operations: (operations * count) / tiles,
    });
  }
}

function tileFor(
  { traits }: Pass,
  kind: ProductClass['kind'],
  aligned: boolean,
  rows: number,
  { tensor }: WeightPart,
): ProductTile {
  return aligned ? chosenTile(traits, productClass(kind, rows, tensor.type)) : ANY_TILE;
}
