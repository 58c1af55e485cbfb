// What an exported adapter's model card says of its run.
import type { ExportInfo } from '../adapters/peftFolder.ts';
import type { KeptRun } from './keptRun.ts';

export function cardInfo(run: KeptRun): ExportInfo {
  const { name, model, data, origin } = run;
  const revision = origin?.model.kind === 'hub' ? origin.model.revision : undefined;
  return {
    title: name,
    baseModel: model.baseModelId,
    isOnHub: model.source === 'hub',
    data: { name: data.name, pairs: data.trainRows, validationPairs: data.validationRows },
    settings: settingRows(run),
    results: resultRows(run),
    ...(revision ? { revision } : {}),
  };
}

function settingRows({ settings, step, steps, earlierSteps, model }: KeptRun): [string, string][] {
  const { training: t } = settings;
  const optimizer =
    t.optimizer.kind === 'adamw'
      ? `AdamW (betas ${t.optimizer.beta1}, ${t.optimizer.beta2}; eps ${t.optimizer.eps})`
      : `SGD (momentum ${t.optimizer.momentum})`;
  return [
    ['Optimizer', optimizer],
    ['Learning rate', `${t.learningRate}, ${t.schedule}, ${t.warmupSteps} warm-up steps`],
    ['Weight decay', String(t.weightDecay)],
    ['Gradient clipping', t.clip > 0 ? String(t.clip) : 'off'],
    ['Batch', `${t.batchSize} rows × ${t.accumulate} accumulated`],
    ['Steps', `${step} of ${steps}${earlierSteps ? `, trained further after ${earlierSteps.join(' and ')}` : ''}`],
    ['Maximum length', `${t.maxLength} tokens`],
    ['Seed', String(t.seed)],
    ['Frozen weights', model.weights],
  ];
}

function resultRows({ lastLoss, evaluations, accuracy }: KeptRun): [string, string][] {
  const last = evaluations.at(-1);
  const percent = (share: number) => `${(share * 100).toFixed(1)} %`;
  return [
    ...(lastLoss === null ? [] : [['Training loss at the last step', lastLoss.toFixed(4)] satisfies [string, string]]),
    ...(last
      ? ([
          ['Validation loss', `${last.loss.toFixed(4)} (step ${last.step}, ${last.rows} rows)`],
          ['Validation perplexity', last.perplexity.toFixed(3)],
          ['Validation token accuracy', percent(last.tokenAccuracy)],
        ] satisfies [string, string][])
      : []),
    ...(accuracy
      ? [['Right on held-out rows', `${percent(accuracy.adapter)} of ${accuracy.rows}`] satisfies [string, string]]
      : []),
  ];
}
