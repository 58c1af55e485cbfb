// The files that are made for a push: the model card, and the picture of the loss that it shows.

import { adapterCard } from '../formats/adapterCard.ts';
import { bytesSource } from '../formats/byteSource.ts';
import { cardFormOf } from '../formats/cardForm.ts';
import { textEntry } from '../formats/folderEntries.ts';
import { lossChart } from '../formats/lossChart.ts';
import { modelCard } from '../formats/modelCard.ts';
import { readAdapterConfig } from '../formats/peft.ts';
import type { ZipEntry } from '../formats/zipWriter.ts';
import { wholeOf } from '../hub/pushContent.ts';
import { cardInfo } from './adapterCardInfo.ts';
import type { KeptRun } from './keptRun.ts';
import type { ExportWhat } from './protocol/exports.ts';
import type { StepMetrics } from './protocol/runs.ts';

const CHART = 'loss.svg';

/** Nothing where a card that somebody else wrote is there already: that of an adapter trained elsewhere. */
export async function pushedCard(
  run: KeptRun,
  what: ExportWhat,
  repo: string,
  entries: readonly ZipEntry[],
  metrics: readonly StepMetrics[],
): Promise<ZipEntry[]> {
  const names = entries.map(({ name }) => name);
  const svg = lossChart(metrics, run.evaluations);
  const { data, settings, results, ...rest } = cardInfo(run);
  const about = {
    ...rest,
    ...(run.isImported ? { settings: [], results: [] } : { data, settings, results }),
    location: repo,
    ...(svg === undefined ? {} : { lossChart: CHART }),
  };
  const files = (card: string) => [textEntry('README.md', card), ...(svg === undefined ? [] : [textEntry(CHART, svg)])];
  const isForeign = run.isImported && names.includes('README.md');
  if (isForeign) return [];
  const form = cardFormOf(names, what.kind.endsWith('Lora'));
  if (form) {
    const { rank, useRslora } = run.settings.adapter;
    const adapter = `a${useRslora ? 'n rsLoRA' : ' LoRA'} adapter of rank ${rank}`;
    const stored = 'format' in what ? what.format : 'f32';
    return files(modelCard({ ...about, form, stored, adapter }));
  }
  const config = entries.find(({ name }) => name === 'adapter_config.json');
  if (!config) return [];
  const read = await readAdapterConfig(bytesSource(await wholeOf(config), config.name));
  const trainedParameters = run.plan.trainableParameters;
  return files(adapterCard({ ...about, config: read, trainedParameters }));
}
