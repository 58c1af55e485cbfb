// What each run cost, and what the same would have cost with every weight trained, by arithmetic:
//   trainable: all parameters; file: 4 bytes each, as adapters are written in f32;
//   GPU: weights in f32 (they change), their gradient, AdamW's two moments (SGD: one with momentum), and the activations of
//   this run at least;
//   time: three matrix products per weight and token (forward, towards the input, towards the weight) where an adapter on
//   frozen weights takes two.
import type { RunRecord } from '../../../worker/protocol/runs.ts';
import type { PictureTable } from '../../charts/pictures/pictureTypes.ts';
import { formatBytes, formatDuration, formatExact, formatShare } from '../../format.ts';

export interface Cost {
  key: string;
  label: string;
  format: (value: number) => string;
  /** Null: not known of this run. */
  adapter: number | null;
  full: number | null;
}

const F32_BYTES = 4;

export function costsOf(run: RunRecord): Cost[] {
  const { plan } = run;
  // A race has one memory and one clock, which say nothing of one adapter's share.
  const isShared = sharesCosts(run);
  const parameters = plan.modelParameters || null;
  const stepMs = run.step > 0 && run.elapsedMs > 0 ? run.elapsedMs / run.step : null;
  const bytes = plan.memory.total || null;
  return [
    {
      key: 'trainableParameters',
      label: 'Trainable parameters',
      format: formatExact,
      adapter: plan.trainableParameters || null,
      full: parameters,
    },
    {
      key: 'fileBytes',
      label: 'File to keep and share',
      format: formatBytes,
      adapter: plan.adapterFileBytes || null,
      full: parameters && parameters * F32_BYTES,
    },
    {
      key: 'gpuBytes',
      label: 'GPU memory',
      format: formatBytes,
      adapter: bytes,
      full: isShared ? null : bytes && fullGpuBytes(run),
    },
    {
      key: 'stepMs',
      label: 'Time per step',
      format: formatStep,
      adapter: stepMs,
      full: isShared ? null : stepMs && stepMs * 1.5,
    },
  ];
}

/** Whether memory and time are those of several adapters that trained together. */
function sharesCosts({ race }: RunRecord & { race?: { size: number } }): boolean {
  return race !== undefined && race.size > 1;
}

function fullGpuBytes({ plan, settings }: RunRecord): number {
  const { optimizer } = settings.training;
  const moments = optimizer.kind === 'adamw' ? 2 : optimizer.momentum > 0 ? 1 : 0;
  const { activations, samples } = plan.memory;
  return plan.modelParameters * F32_BYTES * (2 + moments) + activations + samples;
}

function formatStep(elapsedMs: number): string {
  return elapsedMs < 100 ? `${elapsedMs.toPrecision(3)}\u00a0ms` : formatDuration(elapsedMs);
}

/** `217× less`; a share where nothing was saved. */
export function reductionText({ adapter, full }: Cost): string {
  if (adapter === null || full === null || adapter === 0) return '';
  const ratio = full / adapter;
  if (ratio < 1) return formatShare(ratio);
  return `${ratio < 10 ? ratio.toFixed(1) : formatExact(Math.round(ratio))}× less`;
}

const SHARED_NOTE = ' GPU memory and time of a race are those of the adapters that trained together.';
const FULL_NOTE =
  'Training every weight, by arithmetic: a file of 4 bytes per parameter; on the GPU weights in f32, their gradients, the optimizer’s moments and the same activations; three matrix products per weight and token where LoRA takes two.';

export function costsNote(runs: readonly RunRecord[]): string {
  return runs.some(sharesCosts) ? FULL_NOTE + SHARED_NOTE : FULL_NOTE;
}

export function costsTable(runs: readonly RunRecord[]): PictureTable {
  return {
    header: ['run', 'rank', 'cost', 'LoRA', 'every weight (by arithmetic)', 'ratio'],
    rows: runs.flatMap((run) =>
      costsOf(run).map(({ key, adapter, full }) => [
        run.name,
        run.settings.adapter.rank,
        key,
        adapter,
        full,
        adapter && full ? full / adapter : null,
      ]),
    ),
  };
}
