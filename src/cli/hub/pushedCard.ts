// The card of what is pushed, with the loss of its run: the one that lies there, or one that says what is known.
import { existsSync, readFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { adapterCard } from '../../formats/adapterCard.ts';
import { type CardRun, chart } from '../../formats/cardText.ts';
import { textEntry } from '../../formats/folderEntries.ts';
import { type LossPoint, lossChart } from '../../formats/lossChart.ts';
import { modelCard } from '../../formats/modelCard.ts';
import { readAdapterConfig } from '../../formats/peft.ts';
import { readCard } from '../../formats/readCard.ts';
import { readSafetensorsHeader } from '../../formats/safetensors.ts';
import type { PushFile } from '../../hub/pushContent.ts';
import { existing, fileSource } from '../fileSource.ts';
import { InputError } from '../inputError.ts';
import { parseHubPath } from './hubPath.ts';
import type { PushedFiles } from './pushedFiles.ts';

export interface CardOptions {
  readonly path: string;
  readonly repo: string;
  /** The folder of the adapter that was merged or turned into this. */
  readonly adapterPath: string | undefined;
  /** A run's metrics, as `train --metrics` writes them. */
  readonly metricsPath: string | undefined;
}

const CHART = 'loss.svg';

/** README.md and its picture. Throws InputError or FormatError, naming the file. */
export async function pushedCard({ files, form }: PushedFiles, options: CardOptions): Promise<PushFile[]> {
  const { path, repo, adapterPath, metricsPath } = options;
  const isFolder = existing(path).isDirectory();
  const svg = metricsPath === undefined ? undefined : lossOf(metricsPath, adapterPath ?? path);
  const picture = svg === undefined ? [] : [textEntry(CHART, svg)];
  const old =
    isFolder && files.some(({ name }) => name === 'README.md')
      ? readFileSync(join(path, 'README.md'), 'utf8')
      : undefined;
  if (old !== undefined) return [textEntry('README.md', edited(old, repo, svg !== undefined)), ...picture];
  const adapterFolder = form === undefined ? path : adapterPath;
  const known = adapterFolder === undefined ? undefined : await knownOf(adapterFolder);
  const baseModel = known?.config.baseModel ?? nameInConfig(path) ?? 'a model that is not named';
  const about: CardRun = {
    title: basename(resolve(path)).replace(/\.gguf$/, ''),
    baseModel,
    settings: known?.settings ?? [],
    results: known?.results ?? [],
    isOnHub: known?.isOnHub || (parseHubPath(baseModel) !== undefined && !existsSync(baseModel)),
    ...(known?.data ? { data: known.data } : {}),
    ...(svg === undefined ? {} : { lossChart: CHART }),
    location: repo,
  };
  if (form === undefined) {
    if (!known) return [];
    return [
      textEntry('README.md', adapterCard({ ...about, config: known.config, trainedParameters: known.parameters })),
      ...picture,
    ];
  }
  const adapter = known
    ? `a${known.config.useRslora ? 'n rsLoRA' : ' LoRA'} adapter of rank ${known.config.rank}`
    : undefined;
  const card = modelCard({ ...about, form, stored: storedIn(files), ...(adapter === undefined ? {} : { adapter }) });
  return [textEntry('README.md', card), ...picture];
}

/** What an adapter's folder says of itself and of the run that made it. */
async function knownOf(folder: string) {
  existing(folder, 'folder');
  const config = await readAdapterConfig(fileSource(join(folder, 'adapter_config.json')));
  const { tensors } = await readSafetensorsHeader(fileSource(join(folder, 'adapter_model.safetensors')));
  const parameters = [...tensors.values()].reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0);
  const cardPath = join(folder, 'README.md');
  return { config, parameters, ...readCard(existsSync(cardPath) ? readFileSync(cardPath, 'utf8') : '') };
}

/** The card that is there, with where it now is, and the picture if there is a new one. */
function edited(card: string, repo: string, hasChart: boolean): string {
  const placed = card.replaceAll('"path/to/this/folder"', JSON.stringify(repo));
  if (!hasChart || placed.includes(`](${CHART})`)) return placed;
  return `${placed.trimEnd()}\n\n${chart({ lossChart: CHART })}`;
}

/** The base that transformers left in config.json. */
function nameInConfig(path: string): string | undefined {
  const config = join(path, 'config.json');
  if (!existsSync(config)) return undefined;
  const json: unknown = JSON.parse(readFileSync(config, 'utf8'));
  const name = typeof json === 'object' && json !== null && '_name_or_path' in json ? json._name_or_path : undefined;
  return typeof name === 'string' && name !== '' ? name : undefined;
}

/** By the endings that exports give. */
function storedIn(files: readonly PushFile[]): string {
  const names = files.map(({ name }) => name);
  const ending = /(?:_|-)(fp16|q4f16|q4|q8|F32|F16|Q8_0|Q4_0)\.(?:onnx|gguf)$/;
  const found = names.map((name) => ending.exec(name)?.[1]).find((type) => type !== undefined);
  return found ?? (names.some((name) => name.endsWith('.onnx')) ? 'fp32' : 'its files say');
}

/** Throws InputError for lines that are no metrics. */
function lossOf(path: string, adapterPath: string): string | undefined {
  existing(path, 'file');
  const lines = readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line.trim() !== '');
  const points: (LossPoint & { adapter: unknown })[] = lines.map((line, i) => {
    const json: unknown = parsed(line);
    const isPoint = typeof json === 'object' && json !== null && 'step' in json && 'loss' in json;
    const { step, loss, adapter } = isPoint
      ? { adapter: undefined, ...json }
      : { step: 0, loss: 0, adapter: undefined };
    if (!isPoint || typeof step !== 'number' || typeof loss !== 'number') {
      throw new InputError(`${path}: line ${i + 1}: expected a step and its loss, as train --metrics writes them`);
    }
    return { step, loss, adapter };
  });
  const own = points.filter(({ adapter }) => adapter === basename(resolve(adapterPath)));
  return lossChart(own.length > 0 ? own : points.filter(({ adapter }) => adapter === undefined));
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
