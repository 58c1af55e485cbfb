// All that decides a run which goes on elsewhere.
import type { AdapterLayout } from '../adapters/adapterSet.ts';
import type { ExportInfo } from '../adapters/peftFolder.ts';
import { createDataOrder } from '../data/dataOrder.ts';
import type { ZipEntry } from '../formats/zipWriter.ts';
import type { Architecture } from '../model/architecture.ts';
import type { TrainingSettings, WeightFormat } from '../training/settings.ts';
import type { ContinueData } from './dataFiles.ts';
import type { MachineSetup } from './planning/machineMemory.ts';

/** Where train.py finds the frozen model. `folder`: in the exported folder itself. */
export interface ContinueBase {
  readonly kind: 'hub' | 'files' | 'folder';
  /** A Hub id, a path in the folder, or a name to tell the person. */
  readonly id: string;
  readonly revision: string | null;
  readonly weights: WeightFormat;
  /** Stored tensors by the type that the run keeps them in, where that is not f32 (`rounding` of startFacts). */
  readonly rounding: Readonly<Record<string, readonly string[]>>;
  /** Of a base in GGUF files: what each of its tensors is, by GGUF's name. */
  readonly gguf?: Readonly<Record<string, GgufTensorFact>>;
}

/** How train.py makes transformers' tensor of one in a GGUF file. */
export interface GgufTensorFact {
  /** transformers' name. */
  readonly name: string;
  /** Rows of q or k come in pairs within each head of so many. */
  readonly pairsOf?: number;
  /** transformers stores the matrix the other way. */
  readonly isTransposed?: true;
}

/** Parameters and moments of this adapter alone: `layout.count` elements each. */
export interface AdapterState {
  readonly step: number;
  readonly elapsedMs: number;
  readonly parameters: Float32Array;
  /** Absent where they were not kept: they start anew. */
  readonly moments: { readonly first: Float32Array; readonly second: Float32Array | undefined } | undefined;
}

export interface ContinueRun {
  readonly name: string;
  readonly architecture: Architecture;
  readonly layout: AdapterLayout;
  readonly base: ContinueBase;
  readonly training: TrainingSettings;
  /** Absent: from step 0, with the adapter that this engine would start with. */
  readonly state: AdapterState | undefined;
  readonly data: ContinueData;
  /** For the model card of the adapter. */
  readonly card: ExportInfo;
  /** One for each step that is done. */
  readonly metrics: readonly object[];
  readonly evaluations: readonly object[];
  /** How train.py holds the frozen weights and takes their products unless it is told otherwise. */
  readonly dtype: 'float32' | 'bfloat16';
  /** What it was planned for. */
  readonly machines?: Pick<MachineSetup, 'gpus' | 'sharding' | 'microBatch'> | undefined;
  /** Files of a base that travels along, in the folder that `base.id` names. */
  readonly baseFiles: readonly ZipEntry[];
}

/** What is worth knowing of a run before it leaves: whole sentences. `step` of `steps`: where it stands. */
export function partingNotes({ dropout, step, steps }: { dropout: number; step: number; steps: number }): string[] {
  return [
    ...(dropout > 0
      ? [`LoRA dropout of ${dropout} draws other random numbers in PyTorch: the curve goes on, but not digit by digit.`]
      : []),
    ...(step > 0 && step === steps ? [`Its ${steps} steps are done: train.py --steps N says how far it goes on.`] : []),
  ];
}

/** The last step of a run on so many rows. */
export function stepsOf(training: TrainingSettings, rowCount: number): number {
  const { length, batchSize, accumulate, seed, shuffle } = training;
  if (length.kind === 'steps') return length.steps;
  return createDataOrder({ rowCount, batchSize, accumulate, seed, shuffle }).stepsForEpochs(length.epochs);
}
