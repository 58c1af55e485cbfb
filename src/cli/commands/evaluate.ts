// `evaluate`: loss, perplexity and token accuracy of a model on a data file, with an adapter or without.
import type { AdapterLayout } from '../../adapters/adapterSet.ts';
import { prepareDataset } from '../../data/dataset.ts';
import { typedTemplate } from '../../data/template.ts';
import { DEFAULT_RUN_SETTINGS, type TrainingSettings } from '../../training/settings.ts';
import { freshState, Trainer } from '../../training/trainer.ts';
import { flatParameters, openLocalAdapter } from '../adapterFolder.ts';
import { dataFile, tellProblems } from '../dataFile.ts';
import type { FlagKind, Flags } from '../flags.ts';
import { checkRows, maxLengthFor } from '../lengths.ts';
import { openLocalModel, openTokenizer, withLoadedModel } from '../modelFolder.ts';
import { progressBar } from '../progress.ts';
import { weightsFlag } from '../weightsFlag.ts';

export const EVALUATE_FLAGS: Readonly<Record<string, FlagKind>> = {
  model: 'text',
  adapter: 'text',
  weights: 'text',
  data: 'text',
  template: 'text',
  'max-length': 'text',
  json: 'switch',
};

/** The frozen model alone: an adapter without matrices. */
const NO_ADAPTER: AdapterLayout = {
  spec: { rank: 1, alpha: 1, dropout: 0, useRslora: false, targets: [] },
  start: 0,
  count: 64,
  modules: [],
};

/** Nothing trains. */
const SETTINGS: TrainingSettings = {
  ...DEFAULT_RUN_SETTINGS.training,
  optimizer: { kind: 'sgd', momentum: 0 },
  length: { kind: 'steps', steps: 0 },
};

export async function evaluate(flags: Flags): Promise<void> {
  const modelPath = flags.required('model');
  const dataPath = flags.required('data');
  const wantedLength = flags.number('max-length', { least: 2, isWhole: true });
  const template = flags.text('template');
  const asJson = flags.has('json');
  const file = dataFile(dataPath);
  const local = await openLocalModel(modelPath);
  const { architecture } = local;
  const tokenizer = await openTokenizer(local);
  const adapterPath = flags.text('adapter');
  const adapter = adapterPath === undefined ? undefined : await openLocalAdapter(adapterPath, architecture);
  const { train, problems } = await prepareDataset(file, {
    tokenizer,
    maxLength: maxLengthFor(architecture, wantedLength),
    ...(template === undefined ? {} : { prompt: { kind: 'template', template: typedTemplate(template) } }),
    seed: 0,
  });
  const { rows } = train;
  checkRows(architecture, rows);
  tellProblems(dataPath, problems);
  await withLoadedModel(local, weightsFlag(flags, local), async (gpu, model) => {
    const layouts = [adapter?.layout ?? NO_ADAPTER];
    const trainer = await Trainer.plan({ gpu, model, layouts, settings: SETTINGS, rows, validationRows: rows });
    await trainer.open(freshState(adapter ? flatParameters(adapter) : new Float32Array(NO_ADAPTER.count), SETTINGS));
    const bar = progressBar('Evaluating');
    const result = await trainer.evaluate({ onProgress: (done, total) => bar.show(done, total) });
    bar.end();
    await trainer.close();
    const { rows: count, targetTokens: tokens } = result;
    for (const { loss, perplexity, tokenAccuracy } of result.adapters) {
      process.stdout.write(
        asJson
          ? `${JSON.stringify({ loss, perplexity, tokenAccuracy, rows: count, tokens })}\n`
          : `loss            ${loss.toFixed(6)}\nperplexity      ${perplexity.toFixed(4)}\n` +
              `token accuracy  ${(tokenAccuracy * 100).toFixed(2)} %\nrows            ${count}\ntarget tokens   ${tokens}\n`,
      );
    }
  });
}
