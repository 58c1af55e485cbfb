// What the README.md of an adapter trained from the command line says of its run.
import { basename } from 'node:path';
import type { ExportInfo } from '../adapters/peftFolder.ts';
import type { TrainingSettings } from '../training/settings.ts';
import type { Evaluation } from '../training/trainer.ts';

export interface TrainedRun {
  readonly out: string;
  readonly model: string;
  readonly isOnHub: boolean;
  /** Of the base, where it is not main. */
  readonly revision?: string | undefined;
  readonly data: string;
  readonly rows: number;
  readonly validationRows: number;
  readonly training: TrainingSettings;
  readonly weights: string;
  readonly step: number;
  readonly steps: number;
  readonly lastLoss: number | undefined;
  readonly evaluation: Evaluation['adapters'][number] | undefined;
}

export function cardInfo(run: TrainedRun): ExportInfo {
  const { training: t, evaluation: validation, lastLoss } = run;
  const optimizer =
    t.optimizer.kind === 'adamw'
      ? `AdamW (betas ${t.optimizer.beta1}, ${t.optimizer.beta2}; eps ${t.optimizer.eps})`
      : `SGD (momentum ${t.optimizer.momentum})`;
  return {
    title: basename(run.out),
    baseModel: run.model,
    isOnHub: run.isOnHub,
    ...(run.revision === undefined ? {} : { revision: run.revision }),
    data: { name: basename(run.data), pairs: run.rows, validationPairs: run.validationRows },
    settings: [
      ['Optimizer', optimizer],
      ['Learning rate', `${t.learningRate}, ${t.schedule}, ${t.warmupSteps} warm-up steps`],
      ['Weight decay', String(t.weightDecay)],
      ['Gradient clipping', t.clip > 0 ? String(t.clip) : 'off'],
      ['Batch', `${t.batchSize} rows × ${t.accumulate} accumulated`],
      ['Steps', `${run.step} of ${run.steps}`],
      ['Maximum length', `${t.maxLength} tokens`],
      ['Seed', String(t.seed)],
      ['Frozen weights', run.weights],
    ],
    results: [
      ...(lastLoss === undefined
        ? []
        : ([['Training loss of the last step', `${lastLoss.toFixed(4)} nats per token`]] as const)),
      ...(validation
        ? ([
            ['Validation loss', `${validation.loss.toFixed(4)} nats per token`],
            ['Validation perplexity', validation.perplexity.toFixed(3)],
            ['Validation token accuracy', `${(validation.tokenAccuracy * 100).toFixed(1)} %`],
          ] as const)
        : []),
    ],
  };
}
