// Everything that decides a run, checked once at the border (command line, worker, imported JSON). Two runs with equal
// settings, data and device end with the same bits.
import { z } from 'zod';
import { TARGETS } from '../model/targets.ts';

export const adapterSettingsSchema = z.object({
  /** r of the LoRA paper. */
  rank: z.int().min(1).max(256),
  /** Scaling is alpha / rank, or alpha / sqrt(rank) with rsLoRA (arXiv 2312.03732). */
  alpha: z.number().positive(),
  /** Probability that an input of the low-rank path is dropped while training. */
  dropout: z.number().min(0).lt(1),
  useRslora: z.boolean(),
  targets: z.array(z.enum(TARGETS)).min(1),
  /** First and last adapted layer, from 0, inclusive; all when absent. */
  layers: z.tuple([z.int().min(0), z.int().min(0)]).optional(),
});

export const optimizerSettingsSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('adamw'),
    beta1: z.number().min(0).lt(1),
    beta2: z.number().min(0).lt(1),
    eps: z.number().positive(),
  }),
  z.object({ kind: z.literal('sgd'), momentum: z.number().min(0).lt(1) }),
]);
export type OptimizerSettings = z.infer<typeof optimizerSettingsSchema>;

/** How frozen weights may be kept on the GPU. `file`: each matrix as a GGUF file has it. */
export const WEIGHT_FORMATS = ['f32', 'f16', 'bf16', 'q8', 'q4', 'nf4', 'file'] as const;
export type WeightFormat = (typeof WEIGHT_FORMATS)[number];

/** Every size of batch is planned before a run begins: more would take minutes to plan. */
export const MOST_STEPS = 1_000_000;

export const trainingSettingsSchema = z.object({
  optimizer: optimizerSettingsSchema,
  learningRate: z.number().min(0),
  weightDecay: z.number().min(0),
  schedule: z.enum(['constant', 'linear', 'cosine']),
  warmupSteps: z.int().min(0),
  /** Global gradient norm is clipped to this; 0 is off. */
  clip: z.number().min(0),
  /** Rows per micro-batch. */
  batchSize: z.int().min(1),
  /** Micro-batches per optimizer step. */
  accumulate: z.int().min(1),
  length: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('steps'), steps: z.int().min(1).max(MOST_STEPS) }),
    z.object({ kind: z.literal('epochs'), epochs: z.number().positive() }),
  ]),
  /** Tokens per row at most. */
  maxLength: z.int().min(2),
  shuffle: z.boolean(),
  seed: z.int().min(0).max(0xffffffff),
  /** Keep only block inputs and compute each block again in backward: less memory, about a third more time. */
  checkpointing: z.boolean(),
  /** Optimizer steps between evaluations on the validation rows; 0 is never. */
  evaluateEvery: z.int().min(0),
  /** Optimizer steps between saves of the run's state; 0 is only at pause and at the end. */
  saveEvery: z.int().min(0),
});
export type TrainingSettings = z.infer<typeof trainingSettingsSchema>;

export const runSettingsSchema = z.object({ adapter: adapterSettingsSchema, training: trainingSettingsSchema });
export type RunSettings = z.infer<typeof runSettingsSchema>;

export const DEFAULT_RUN_SETTINGS: RunSettings = {
  adapter: { rank: 8, alpha: 16, dropout: 0, useRslora: false, targets: ['q', 'v'] },
  training: {
    optimizer: { kind: 'adamw', beta1: 0.9, beta2: 0.999, eps: 1e-8 },
    learningRate: 2e-4,
    weightDecay: 0,
    schedule: 'constant',
    warmupSteps: 0,
    clip: 1,
    batchSize: 8,
    accumulate: 1,
    length: { kind: 'steps', steps: 200 },
    maxLength: 512,
    shuffle: true,
    seed: 42,
    checkpointing: false,
    evaluateEvery: 50,
    saveEvery: 50,
  },
};
