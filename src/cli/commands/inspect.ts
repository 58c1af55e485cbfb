// `inspect`: what lies at a path: a model, an adapter, a weight file, an array or a data file.

import { guessReading } from '../../data/guessReading.ts';
import { describeMapping } from '../../data/mapping.ts';
import { openTokenizer } from '../../data/openTokenizer.ts';
import { openFile } from '../../data/parseFile.ts';
import type { RowProblem } from '../../data/types.ts';
import type { ByteSource } from '../../formats/byteSource.ts';
import { isGguf } from '../../formats/ggufShards.ts';
import { sortModelFiles } from '../../formats/modelFolder.ts';
import { readNpy } from '../../formats/npy.ts';
import { indexAdapterTensors, readAdapterConfig } from '../../formats/peft.ts';
import { readSafetensorsHeader } from '../../formats/safetensors.ts';
import { typeShares } from '../../formats/weightFiles.ts';
import { openZip } from '../../formats/zipReader.ts';
import { allTensors, declareModel, parameterCount } from '../../model/frozenModel.ts';
import { targetPlaces } from '../../model/linears.ts';
import { WEIGHT_FORMATS } from '../../training/settings.ts';
import { dataFile } from '../dataFile.ts';
import { existing, fileSource, folderSources } from '../fileSource.ts';
import type { FlagKind, Flags } from '../flags.ts';
import { ggufAdapterFacts } from '../ggufAdapterFacts.ts';
import { onThisMachine } from '../hub/hubCache.ts';
import { InputError } from '../inputError.ts';
import { openLocalModel } from '../modelFolder.ts';
import { asksForRunMemory, RUN_MEMORY_FLAGS, runMemory } from '../runMemory.ts';

export const INSPECT_FLAGS: Readonly<Record<string, FlagKind>> = RUN_MEMORY_FLAGS;

type Facts = readonly (readonly [label: string, value: string | number])[];

export async function inspect(flags: Flags): Promise<void> {
  const [given, ...rest] = flags.words;
  if (given === undefined || rest.length > 0) throw new InputError('inspect: expected one path');
  const path = await onThisMachine(given);
  const facts = await factsOf(path, flags);
  const width = Math.max(...facts.map(([label]) => label.length));
  process.stdout.write(facts.map(([label, value]) => `${label.padEnd(width)}  ${value}\n`).join(''));
}

async function factsOf(path: string, flags: Flags): Promise<Facts> {
  const files = existing(path).isDirectory() ? await folderSources(path) : undefined;
  const isModel = files ? sortModelFiles(files).kind !== 'adapter' : isGguf(path);
  const adapter = isModel && !files ? await ggufAdapterFacts(fileSource(path)) : undefined;
  if (adapter) return adapter;
  if (isModel) return modelFacts(path, flags);
  if (asksForRunMemory(flags)) throw new InputError(`${path}: no model; what training takes is planned for a model`);
  if (files) return adapterFacts(files);
  const source = fileSource(path);
  if (path.endsWith('.zip')) return adapterFacts(await openZip(source));
  if (path.endsWith('.safetensors')) return tensorFacts(source);
  if (path.endsWith('.npy')) return [['array', `f32 [${(await readNpy(source)).shape.join(', ')}]`]];
  return dataFacts(path);
}

async function modelFacts(path: string, flags: Flags): Promise<Facts> {
  const local = await openLocalModel(path);
  const a = local.architecture;
  const tokenizer = await openTokenizer(local.folder);
  const formats = WEIGHT_FORMATS.filter((format) => format !== 'file' || local.weights.isGguf);
  const declared = formats.map((storage) => declareModel(a, storage, Number.MAX_SAFE_INTEGER, local.weights));
  const [first] = declared;
  const bytesOf = (model: ReturnType<typeof declareModel>) =>
    allTensors(model).reduce((sum, { allocation }) => sum + allocation.sizeBytes, 0);
  return [
    ['model', a.modelType],
    ['parameters', first ? parameterCount(first) : 0],
    ['layers', a.layers],
    ['hidden size', a.hiddenSize],
    ['heads', `${a.heads} of ${a.headDim}, ${a.kvHeads} key–value heads`],
    ['MLP size', a.mlpSize],
    ['vocabulary', `${a.vocabularySize}, head ${a.isTied ? 'tied to the embedding' : 'of its own'}`],
    ['positions', a.maxPositions],
    [
      'targets',
      targetPlaces(a)
        .map(({ target }) => target)
        .join(', '),
    ],
    ['stored in', local.weights.isGguf ? 'GGUF' : 'safetensors'],
    ...typeShares(local.weights).map(
      ({ type, tensors, sizeBytes }) =>
        [`stored as ${type}`, `${tensors} ${tensors === 1 ? 'tensor' : 'tensors'}, ${sizeBytes} bytes`] as const,
    ),
    ['chat template', tokenizer.chatTemplate === undefined ? 'no' : 'yes'],
    ...declared.map((model) => [`bytes in ${model.storage}`, bytesOf(model)] as const),
    ...(asksForRunMemory(flags) ? await runMemory(flags, local, formats) : []),
  ];
}

async function adapterFacts(files: readonly ByteSource[]): Promise<Facts> {
  const folder = sortModelFiles(files);
  if (folder.kind !== 'adapter') throw new InputError(`${files[0]?.name}: a model in a zip; unpack it first`);
  const config = await readAdapterConfig(folder.config);
  const modules = indexAdapterTensors(await readSafetensorsHeader(folder.weights), config, folder.weights.name);
  const elements = (shape: readonly number[]) => shape.reduce((product, size) => product * size, 1);
  const parameters = [...modules.values()].reduce((sum, { a, b }) => sum + elements(a.shape) + elements(b.shape), 0);
  const ranks = [...new Set([...modules.values()].map(({ rank }) => rank))].sort((x, y) => x - y);
  return [
    ['adapter', config.useRslora ? 'LoRA, scaled by alpha / sqrt(rank)' : 'LoRA, scaled by alpha / rank'],
    ['base model', config.baseModel ?? 'not named'],
    ['rank', ranks.join(', ')],
    ['alpha', config.alpha],
    ['dropout', config.dropout],
    ['target modules', [config.targetModules].flat().join(', ')],
    ['layers', config.layersToTransform?.join(', ') ?? 'all'],
    ['adapted matrices', modules.size],
    ['parameters', parameters],
    ['stored as', [...new Set([...modules.values()].map(({ a }) => a.dtype))].join(', ')],
  ];
}

async function tensorFacts(source: ByteSource): Promise<Facts> {
  const { tensors, metadata } = await readSafetensorsHeader(source);
  return [
    ...[...metadata].map(([key, value]) => [`metadata ${key}`, value] as const),
    ...[...tensors.values()].map(({ name, dtype, shape }) => [name, `${dtype} [${shape.join(', ')}]`] as const),
  ];
}

async function dataFacts(path: string): Promise<Facts> {
  const file = await openFile(dataFile(path));
  const { layout, columns, firstRow } = file;
  const mapping = guessReading(file);
  const problems: RowProblem[] = [];
  let rows = 0;
  for await (const row of file.rows()) {
    if ('reason' in row) problems.push(row);
    else rows++;
  }
  return [
    ['data', layout],
    ...(firstRow ? ([['first row', firstRow === 'data' ? 'a row of data' : 'names the columns']] as const) : []),
    ['columns', columns.join(', ')],
    ['reading', mapping ? describeMapping(mapping) : 'no column has a known name'],
    ['rows', rows],
    ...problems.slice(0, 20).map(({ line, reason }) => [`line ${line}`, `left out: ${reason}`] as const),
    ...(problems.length > 20 ? ([['more', `${problems.length - 20} rows left out`]] as const) : []),
  ];
}
