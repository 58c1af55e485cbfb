// The plans of generation: some number of rows through the network, each row a token of any sequence, with or without the
// logits that follow it. All sizes are laid out before anything is allocated, and bound when first used.
import { BoundPlan, type Workspace } from '../gpu/boundPlan.ts';
import type { Gpu } from '../gpu/device.ts';
import type { Pacer } from '../gpu/pacer.ts';
import { type LaidOutPlan, Plan } from '../gpu/plan.ts';
import { type Tensor, viewOf } from '../gpu/tensor.ts';
import { linearForward } from '../ops/linear.ts';
import { type AnsweringAdapters, attachAny, type RowBlock, tableWordsFor } from './answeringAdapters.ts';
import { blockForward, queryKeyValue } from './block.ts';
import { embedRows } from './embed.ts';
import type { FrozenModel } from './frozenModel.ts';
import type { CachedRows, KeyValueCache } from './keyValueCache.ts';
import { type Attachment, type Context, normForward, traitsFor } from './network.ts';
import type { Row, RowInputs } from './rowInputs.ts';

export interface RowPlanParts {
  readonly gpu: Gpu;
  readonly pacer: Pacer;
  readonly model: FrozenModel;
  readonly adapters: AnsweringAdapters | undefined;
  /** Adapters that may meet in one batch. */
  readonly blocks: number;
  readonly cosSin: Tensor | undefined;
  readonly cache: KeyValueCache;
  readonly inputs: RowInputs;
  /** [most rows, vocabulary] */
  readonly logits: Tensor;
}

export class RowPlan {
  #bound: Promise<BoundPlan> | undefined;
  #tablesHold = '';

  private constructor(
    readonly parts: RowPlanParts,
    readonly rows: number,
    readonly laidOut: LaidOutPlan,
    readonly attachment: Attachment | undefined,
  ) {}

  /** `withLogits`: logits of every row go to the first rows of `parts.logits`. */
  static async layOut(parts: RowPlanParts, rows: number, withLogits: boolean): Promise<RowPlan> {
    const { gpu, model, adapters, blocks } = parts;
    const attachment = adapters && attachAny(model, adapters, rows, blocks);
    const plan = new Plan(`${withLogits ? 'decode' : 'prefill'} ${rows}`, traitsFor(gpu.traits, model.architecture));
    const { architecture: a } = model;
    recordRows(
      { pass: plan, model, attachment, cosSin: parts.cosSin },
      parts.inputs.tensorsFor(rows),
      parts.cache,
      withLogits ? viewOf(parts.logits, 'logits', [rows, a.vocabularySize]) : undefined,
    );
    return new RowPlan(parts, rows, await plan.layOut(gpu.shaders, gpu.limits), attachment);
  }

  /** Bytes beside the workspace. */
  get sizeBytes(): number {
    return Math.max(16, this.laidOut.paramBytes) + (this.attachment?.tables.allocation.sizeBytes ?? 0);
  }

  /** Submits these rows, `blocks` saying which of them meet which adapter. */
  async submit(workspace: Workspace, rows: readonly Row[], blocks: readonly RowBlock[]): Promise<void> {
    const { gpu, pacer } = this.parts;
    this.#bound ??= this.#bind(workspace);
    const bound = await this.#bound;
    this.#writeTables(blocks);
    this.parts.inputs.write(gpu, rows, this.rows);
    await pacer.submit([bound]);
  }

  async #bind(workspace: Workspace): Promise<BoundPlan> {
    const { gpu } = this.parts;
    if (this.attachment) gpu.place(this.attachment.tables.allocation);
    return BoundPlan.bind(gpu, this.laidOut, workspace);
  }

  #writeTables(blocks: readonly RowBlock[]): void {
    const { gpu, model, adapters } = this.parts;
    if (!adapters || !this.attachment) return;
    const covered = coverAll(blocks, this.rows);
    const wanted = JSON.stringify(covered);
    if (this.#tablesHold === wanted) return;
    gpu.write(this.attachment.tables, tableWordsFor(model, adapters, covered, this.parts.blocks));
    this.#tablesHold = wanted;
  }

  async free(): Promise<void> {
    const { gpu } = this.parts;
    if (this.attachment) gpu.free(this.attachment.tables.allocation);
    (await this.#bound)?.free(gpu);
  }
}

/** The last block also takes the rows that reach nothing: every row of an output must be written by someone. */
function coverAll(blocks: readonly RowBlock[], rows: number): RowBlock[] {
  return blocks.map((block, i) => (i + 1 < blocks.length ? block : { ...block, rowCount: rows - block.rowStart }));
}

/** Where no logits are wanted, nothing of the last block but its keys and values is. */
function recordRows(context: Context, rows: CachedRows, cache: KeyValueCache, logits: Tensor | undefined): void {
  const { pass, model } = context;
  const last = model.architecture.layers - 1;
  const attend = cache.attend(rows, logits !== undefined);
  let x = embedRows(context, rows);
  for (let layer = 0; layer < last; layer++) x = blockForward(context, layer, x, rows, attend).y;
  if (!logits) {
    cache.append(context, last, queryKeyValue(context, last, x, rows).qkv, rows.cacheRow);
    return;
  }
  const { y } = normForward(context, model.finalNorm, blockForward(context, last, x, rows, attend).y);
  linearForward(pass, { x: y, weight: model.head.matrix, y: logits });
}
