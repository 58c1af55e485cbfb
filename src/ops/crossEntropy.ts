// Head and cross-entropy over the rows that carry loss, a chunk of the vocabulary at a time. Cross-entropy is attention
// over the vocabulary: each chunk of logits moves the running maximum and sum, and the softmax-weighted mean of head rows
// (the gradient of the hidden state) comes out of the same pass, rescaled as the maximum moves. Two products, never three,
// and the logits are never whole.
import { GpuUsageError } from '../gpu/errors.ts';
import type { Pass } from '../gpu/plan.ts';
import { elementCount, expectShape, storedBytes, type Tensor, viewOf } from '../gpu/tensor.ts';
import { linearBackward, linearForward } from './linear.ts';
import { formatConditions, PART_ROWS_MULTIPLE, partRows, type WeightMatrix } from './weightMatrix.ts';
import { elementsOf, shareByReduction, widestElements } from './workgroups.ts';

export interface CrossEntropyTensors {
  /** [rows, hidden]: rows in equal blocks, one block an adapter. */
  readonly hidden: Tensor;
  /** [vocabulary, hidden] */
  readonly head: WeightMatrix;
  /** u32 [rows] */
  readonly targets: Tensor;
  /** The step record: how many rows of each block carry loss, and each adapter's loss scale. */
  readonly step: Tensor;
  /** [adapters, 8]: lossSum and hits are overwritten by a step's first micro-batch, added to by the rest. */
  readonly results: Tensor;
  /**
   * [rows, 4], where each row's loss is wanted: its largest logit, the sum of exponentials below it, the target's logit and
   * the best token. Overwritten. Default: scratch.
   */
  readonly state?: Tensor | undefined;
}

export interface CrossEntropyOptions {
  readonly adapters: number;
  /** Vocabulary rows whose logits exist at one time; a multiple of 128. */
  readonly chunkRows: number;
}

/** Losses only. Overwrites or adds to `results`. */
export function crossEntropyForward(pass: Pass, t: CrossEntropyTensors, options: CrossEntropyOptions): void {
  run(pass, t, undefined, options);
}

/** Losses, and dHidden [rows, hidden] scaled by each adapter's loss scale (overwritten). */
export function crossEntropyWithGradient(
  pass: Pass,
  t: CrossEntropyTensors & { dHidden: Tensor },
  options: CrossEntropyOptions,
): void {
  run(pass, t, t.dHidden, options);
}

function run(
  pass: Pass,
  t: CrossEntropyTensors,
  dHidden: Tensor | undefined,
  { adapters, chunkRows }: CrossEntropyOptions,
): void {
  const [rows = 0, hidden = 0] = t.hidden.shape;
  expectShape('crossEntropy', 'hidden', t.hidden, [rows, t.head.cols]);
  if (rows % adapters !== 0) {
    throw new GpuUsageError(`crossEntropy: expected rows in ${adapters} equal blocks, got ${rows} rows`);
  }
  expectShape('crossEntropy', 'targets', t.targets, [rows]);
  expectShape('crossEntropy', 'results', t.results, [adapters, 8]);
  if (dHidden) expectShape('crossEntropy', 'dHidden', dHidden, [rows, hidden]);
  if (t.state) expectShape('crossEntropy', 'state', t.state, [rows, 4]);
  const state = t.state ?? pass.scratch('cross-entropy state', [rows, 4]);
  const rescale = pass.scratch('cross-entropy rescale', [rows]);
  const { conditions, constants, share, workgroups } = shareByReduction(pass.traits, rows);
  for (const chunk of cutIntoChunks(t.head, chunkRows)) {
    const weight: WeightMatrix = { rows: chunk.rows, cols: hidden, parts: [{ tensor: chunk.tensor, rowStart: 0 }] };
    const logits = pass.scratch('logits', [rows, chunk.rows]);
    linearForward(pass, { x: t.hidden, weight, y: logits });
    const elements = elementsOf(pass.traits, chunk.rows);
    pass.run(
      { path: 'crossEntropy/chunk', conditions: { ...elements.conditions, ...conditions }, constants },
      {
        params: { rows, chunk: chunk.rows / elements.width, chunkStart: chunk.rowStart, share },
        buffers: [t.targets, logits, state, rescale],
        workgroups,
      },
    );
    if (dHidden) {
      const into =
        chunk.rowStart === 0 ? ({ kind: 'overwrite' } as const) : ({ kind: 'rescale', scale: rescale } as const);
      linearBackward(pass, { dy: logits, weight, dx: dHidden }, into);
    }
  }
  finish(pass, t, state, dHidden, adapters);
}

/** One dispatch for each part of the head that dHidden needs rows of. */
function finish(
  pass: Pass,
  t: CrossEntropyTensors,
  state: Tensor,
  dHidden: Tensor | undefined,
  adapters: number,
): void {
  const [rows = 0, hidden = 0] = t.hidden.shape;
  const rowsPerGroup = rows / adapters;
  // The head may be in blocks, which are decoded four elements at a time.
  const { conditions, width } = widestElements(hidden);
  const { constants, share, workgroups, ...reduction } = shareByReduction(pass.traits, rows);
  for (const part of dHidden ? t.head.parts : t.head.parts.slice(0, 1)) {
    const weight = dHidden ? { ...formatConditions(part.tensor), gradient: true } : {};
    pass.run(
      {
        path: 'crossEntropy/finish',
        conditions: { ...conditions, ...reduction.conditions, ...weight },
        constants,
      },
      {
        params: {
          rows,
          hidden: hidden / width,
          rowsPerGroup,
          share,
          rowStart: part.rowStart,
          partRows: partRows(part),
        },
        buffers: [
          t.targets,
          ...(dHidden ? [part.tensor] : []),
          state,
          t.step,
          t.results,
          ...(dHidden ? [dHidden] : []),
        ],
        workgroups: dHidden ? workgroups : [adapters],
      },
    );
  }
}

/** Row blocks of the head of at most `chunkRows`, as views that start on binding boundaries. */
export function cutIntoChunks(
  head: WeightMatrix,
  chunkRows: number,
): { tensor: Tensor; rowStart: number; rows: number }[] {
  const step = Math.max(PART_ROWS_MULTIPLE, Math.floor(chunkRows / PART_ROWS_MULTIPLE) * PART_ROWS_MULTIPLE);
  return head.parts.flatMap((part) => {
    const chunks = [];
    for (let start = 0; start < partRows(part); start += step) {
      const rows = Math.min(step, partRows(part) - start);
      const offsetBytes = storedBytes(elementCount([start, head.cols]), part.tensor.type);
      const tensor = viewOf(part.tensor, `${part.tensor.label} rows ${start}…`, [rows, head.cols], offsetBytes);
      chunks.push({ tensor, rowStart: part.rowStart + start, rows });
    }
    return chunks;
  });
}
