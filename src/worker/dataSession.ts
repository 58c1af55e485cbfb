// The one data set: read, mapped, rendered and encoded with the loaded model's tokenizer.
import { type Dataset, type DatasetOptions, prepareDataset, UnusableRowsError } from '../data/dataset.ts';
import { previewTokens } from '../data/preview.ts';
import type { TextTokenizer } from '../data/tokenizer.ts';
import type { DataFile } from '../data/types.ts';
import { fetchBuiltin, storedTask } from './builtinFiles.ts';
import { cancellable } from './cancelling.ts';
import { WorkerError } from './failure.ts';
import { histogramOf } from './histogram.ts';
import { requireModel } from './modelSession.ts';
import { post } from './post.ts';
import type { DataDescription, DataOptions, DataSource, PreviewRow } from './protocol/data.ts';

export interface ReadData {
  readonly source: DataSource;
  readonly options: DataOptions;
  readonly dataset: Dataset;
  readonly tokenizer: TextTokenizer;
  readonly description: DataDescription;
}

/** As many bad rows as the page lists. */
const LISTED_PROBLEMS = 200;

let data: ReadData | undefined;
let reads = 0;

/** What is read with this model's tokenizer, if anything. */
export function readDataOf({ tokenizer }: Pick<ReadData, 'tokenizer'>): ReadData | undefined {
  return data?.tokenizer === tokenizer ? data : undefined;
}

/** Throws WorkerError when none is read with the loaded model's tokenizer. */
export function requireData(): ReadData {
  const read = readDataOf(requireModel());
  if (read) return read;
  throw new WorkerError('No data is read; choose a file or a task under Data first.');
}

export function readData(source: DataSource, asked: DataOptions): Promise<DataDescription> {
  const options = { renderedAt: Date.now(), ...asked };
  return cancellable('data', async (signal) => {
    const read = ++reads;
    const { tokenizer } = requireModel();
    const onProgress = (doneRows: number, totalRows: number) => post({ kind: 'dataProgress', doneRows, totalRows });
    const name = await nameOf(source);
    let dataset: Dataset;
    try {
      dataset = await encodeData(source, options, tokenizer, { onProgress, signal });
    } catch (error) {
      if (error instanceof UnusableRowsError) return refusedDescription(error, name);
      throw error;
    }
    signal.throwIfAborted();
    const description = descriptionOf(dataset, name);
    if (read === reads) data = { source, options, dataset, tokenizer, description };
    return description;
  });
}

/** Rows as tokens; what is read for the page stays as it is. */
export async function encodeData(
  source: DataSource,
  options: DataOptions,
  tokenizer: TextTokenizer,
  { signal, ...more }: Pick<DatasetOptions, 'onProgress' | 'signal'> = {},
): Promise<Dataset> {
  const { file, validation, defaults } = await openData(source, signal);
  const chat = source.kind === 'files' && tokenizer.chatTemplate !== undefined ? CHAT : undefined;
  return prepareDataset(file, {
    tokenizer,
    maxLength: options.maxLength,
    firstRow: options.firstRow,
    mapping: options.mapping ?? defaults.mapping,
    mayGuessBlindly: true,
    prompt: options.prompt ?? defaults.prompt ?? chat,
    validation: validation ?? options.validationFraction,
    seed: options.seed,
    renderedAt: options.renderedAt === undefined ? undefined : new Date(options.renderedAt),
    signal,
    ...more,
  });
}

const CHAT = { kind: 'chat' } as const;

type Defaults = Pick<DataOptions, 'mapping' | 'prompt'>;

async function openData(
  source: DataSource,
  signal: AbortSignal | undefined,
): Promise<{ file: DataFile; validation: DataFile | undefined; defaults: Defaults }> {
  if (source.kind === 'files') return { file: source.train, validation: source.validation, defaults: {} };
  const task = await storedTask(source.taskId);
  const open = async (name: string): Promise<DataFile> => {
    const blob = await fetchBuiltin(`data/${name}`, signal);
    return { name, arrayBuffer: () => blob.arrayBuffer() };
  };
  return {
    file: await open(task.files.training),
    validation: await open(task.files.heldOut),
    defaults: {
      mapping: { kind: 'pairs', context: 'context', target: 'target' },
      prompt: { kind: 'template', template: task.template },
    },
  };
}

async function nameOf(source: DataSource): Promise<string> {
  return source.kind === 'files' ? source.train.name : (await storedTask(source.taskId)).title;
}

/** What is known of a file of which no row can be used: enough to choose other columns or another prompt. */
function refusedDescription({ message, reading }: UnusableRowsError, name: string): DataDescription {
  const nothing = { trainRows: 0, validationRows: 0, tokens: 0, targetTokens: 0, duplicates: 0, cutRows: 0 };
  return { ...factsOf(reading, name), ...nothing, histogram: { edges: [], counts: [] }, refusal: message };
}

function factsOf({ file, mapping, prompt, problems }: UnusableRowsError['reading'], name: string) {
  return {
    name,
    layout: file.layout,
    firstRow: file.firstRow ?? null,
    columns: [...file.columns],
    mapping,
    prompt: mapping.kind === 'text' ? { kind: 'template' as const, template: '' } : prompt,
    rows: file.rowCount,
    problems: problems.slice(0, LISTED_PROBLEMS),
    problemCount: problems.length,
  };
}

function descriptionOf(dataset: Dataset, name: string): DataDescription {
  const { train, validation } = dataset;
  const { statistics } = train;
  return {
    ...factsOf(dataset, name),
    trainRows: statistics.rows,
    validationRows: validation?.statistics.rows ?? 0,
    tokens: statistics.tokens,
    targetTokens: statistics.targetTokens,
    duplicates: statistics.duplicates,
    cutRows: statistics.cutRows,
    histogram: histogramOf(statistics.histogram),
    refusal: null,
  };
}

/** Training rows `from` … as tokens. */
export function previewRows(from: number, count: number): PreviewRow[] {
  const { dataset } = requireData();
  const { tokenizer } = requireModel();
  return dataset.train.rows.slice(from, from + count).map((row) => ({
    line: row.line,
    tokens: previewTokens(row, tokenizer).map(({ text, id, isTarget }) => ({ text, id, isTarget })),
  }));
}
