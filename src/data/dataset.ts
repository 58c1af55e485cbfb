// From a file to rows that can be trained on, in one call: read, map, render, encode, split. Each row goes all the way
// before the next is read.
import { chatTemplateOf } from './chatTemplate.ts';
import { type EncodedData, ExampleEncoder } from './encodeExamples.ts';
import { exampleMaker, rowExcerpt } from './examples.ts';
import { guessReading } from './guessReading.ts';
import { type ColumnMapping, describeMapping, missingColumns } from './mapping.ts';
import { type OpenFile, openFile, type ReadingOptions } from './parseFile.ts';
import { splitExamples } from './split.ts';
import { compileTemplate, templateFor } from './template.ts';
import { textHash } from './textHash.ts';
import type { TextTokenizer } from './tokenizer.ts';
import { DataError, type DataFile, type Example, type Row, type RowProblem } from './types.ts';

/** How prompts are rendered: by a template (with real newlines; see `typedTemplate`), or by the model's chat template. */
export type PromptChoice = { kind: 'template'; template: string } | { kind: 'chat' };

export interface DatasetOptions extends ReadingOptions {
  tokenizer: TextTokenizer;
  /** Most tokens of a row, end token included. */
  maxLength: number;
  /** Default: guessed from the columns. */
  mapping?: ColumnMapping | undefined;
  /** Where no column has a known name, take the first that holds words as context and the last as target, for a person to change. Default: refuse. */
  mayGuessBlindly?: boolean;
  /** Default: the model's chat template for conversations, else `templateFor` the mapping. */
  prompt?: PromptChoice | undefined;
  /** A fraction of the examples, or a file of its own. Default: none. */
  validation?: number | DataFile;
  /** For the split. */
  seed: number;
  /** What a chat template that writes the date is told. Default: now. */
  renderedAt?: Date | undefined;
  /** `total`: about as many rows as there are. */
  onProgress?: ((done: number, total: number) => void) | undefined;
  signal?: AbortSignal | undefined;
}

export interface Dataset {
  /** What was read, without its rows. */
  file: Pick<OpenFile, 'name' | 'layout' | 'columns' | 'firstRow'> & { rowCount: number };
  mapping: ColumnMapping;
  prompt: PromptChoice;
  train: EncodedData;
  validation: EncodedData | undefined;
  /** Every row left out, by line. Those of a validation file say so. */
  problems: RowProblem[];
}

/** A file that was read, of which nothing is left under this mapping and prompt: others may do. */
export class UnusableRowsError extends DataError {
  constructor(
    message: string,
    readonly reading: Pick<Dataset, 'file' | 'mapping' | 'prompt' | 'problems'>,
  ) {
    super(message);
  }
}

/**
 * Throws DataError when the file cannot be read, UnusableRowsError when the template or mapping does not fit it or no row
 * is left.
 */
export async function prepareDataset(source: DataFile, options: DatasetOptions): Promise<Dataset> {
  const { seed, validation, tokenizer } = options;
  const hasChat = tokenizer.chatTemplate !== undefined;
  const file = await openFile(source, options);
  const mapping = options.mapping ?? chooseMapping(file, options.mayGuessBlindly);
  const prompt = options.prompt ?? choosePrompt(mapping);
  const { name, layout, columns, firstRow } = file;
  const facts = (rowCount: number) => ({ file: { name, layout, columns, firstRow, rowCount }, mapping, prompt });
  let make: Make;
  try {
    make = makerFor(file, mapping, prompt, hasChat);
  } catch (error) {
    if (!(error instanceof DataError)) throw error;
    const { count, problems } = await readAll(file, () => undefined, options);
    throw new UnusableRowsError(error.message, { ...facts(count), problems });
  }
  const { encoder, count, problems } = await encode(file, make, options);
  const unusable = () => new UnusableRowsError(`${name}: ${noRowReason(problems)}`, { ...facts(count), problems });
  if (typeof validation !== 'object') {
    const split = validation === undefined ? undefined : splitExamples(encoder.contexts, validation, seed);
    const train = encoder.part(split?.train);
    if (train.rows.length === 0) throw unusable();
    const held = split && split.validation.length > 0 ? encoder.part(split.validation) : undefined;
    return { ...facts(count), train, validation: held, problems };
  }
  const train = encoder.part();
  if (train.rows.length === 0) throw unusable();
  const second = await openFile(validation, options);
  const heldMapping = options.mapping ?? chooseMapping(second, options.mayGuessBlindly);
  const held = await encode(second, makerFor(second, heldMapping, prompt, hasChat), options);
  const heldOut = held.encoder.part();
  if (heldOut.rows.length === 0) throw new DataError(`${second.name}: ${noRowReason(held.problems)}`);
  problems.push(...held.problems.map((problem) => ({ ...problem, reason: `${second.name}: ${problem.reason}` })));
  return { ...facts(count), train, validation: heldOut, problems: byLine(problems) };
}

/** Examples, not yet tokens: for a model whose tokenizer is not here. That it has a chat template is taken for granted. */
export interface ReadExamples {
  prompt: PromptChoice;
  train: Example[];
  validation: Example[];
  problems: RowProblem[];
}

/** Throws DataError as prepareDataset. */
export async function readExamples(
  file: DataFile,
  options: Pick<DatasetOptions, 'mapping' | 'prompt' | 'validation' | 'seed' | 'firstRow'>,
): Promise<ReadExamples> {
  const { seed, validation } = options;
  const read = async (source: DataFile, rendering?: PromptChoice) => {
    const opened = await openFile(source, options);
    const mapping = options.mapping ?? chooseMapping(opened);
    const prompt = rendering ?? choosePrompt(mapping);
    const examples: Example[] = [];
    const take = makerFor(opened, mapping, prompt, true);
    const { problems } = await readAll(opened, (row) => examples.push(take(row)), {});
    if (examples.length === 0) throw new DataError(`${opened.name}: ${noRowReason(problems)}`);
    return { prompt, examples, problems };
  };
  const { prompt, examples, problems } = await read(file, options.prompt);
  if (typeof validation === 'object') {
    const held = await read(validation, prompt);
    return { prompt, train: examples, validation: held.examples, problems };
  }
  const contexts = examples.map(({ context }) => textHash(context));
  const split = splitExamples(contexts, validation ?? 0, seed);
  const pick = (indices: Uint32Array) => Array.from(indices, (index) => examples[index]!);
  return { prompt, train: pick(split.train), validation: pick(split.validation), problems };
}

type Make = ReturnType<typeof exampleMaker>;

async function encode(file: OpenFile, make: Make, options: DatasetOptions) {
  const { tokenizer, maxLength, renderedAt = new Date() } = options;
  const chatTemplate = chatTemplateOf(tokenizer, () => renderedAt);
  const encoder = new ExampleEncoder({ tokenizer, maxLength, chatTemplate });
  const { count, problems } = await readAll(file, (row) => encoder.add(make(row)), options);
  return { encoder, count, problems: byLine([...problems, ...encoder.problems]) };
}

/** Work this long, then let others in: progress, and a wish to stop. */
const sliceMs = 50;

/** Gives every row to `take`; a DataError that it throws leaves the row out. Throws the signal's reason when aborted. */
async function readAll(
  file: OpenFile,
  take: (row: Row) => void,
  { onProgress, signal }: Pick<DatasetOptions, 'onProgress' | 'signal'>,
): Promise<{ count: number; problems: RowProblem[] }> {
  const problems: RowProblem[] = [];
  let count = 0;
  let sliceEnd = 0;
  for await (const row of file.rows()) {
    if (performance.now() > sliceEnd) {
      onProgress?.(count, Math.max(count, file.likelyRows));
      await new Promise((resolve) => setTimeout(resolve, 0));
      signal?.throwIfAborted();
      sliceEnd = performance.now() + sliceMs;
    }
    count++;
    if ('reason' in row) {
      problems.push(row);
      continue;
    }
    try {
      take(row);
    } catch (error) {
      if (!(error instanceof DataError)) throw error;
      problems.push({ line: row.line, reason: error.message, excerpt: rowExcerpt(row) });
    }
  }
  onProgress?.(count, count);
  return { count, problems: byLine(problems) };
}

const byLine = (problems: RowProblem[]) => problems.sort((a, b) => a.line - b.line);

function chooseMapping(file: OpenFile, mayGuessBlindly = false): ColumnMapping {
  const mapping = guessReading(file);
  if (mapping) return mapping;
  const [context, target] = mayGuessBlindly ? outerTextColumns(file) : [];
  if (context !== undefined && target !== undefined) return { kind: 'pairs', context, target };
  const { name, first, firstProblem: problem } = file;
  if (first.length === 0 && problem) throw new DataError(`${name}: line ${problem.line}: ${problem.reason}`);
  throw new DataError(
    `${name}: cannot tell context from target among the columns ${quotedNames(file)}; name them context and target, prompt and completion, or question and answer, or say which they are (--context and --target)`,
  );
}

const quotedNames = ({ columns }: OpenFile) => columns.map((name) => `"${name}"`).join(', ');

/** The first and the last column that hold words, by the first rows. */
function outerTextColumns({ columns, first }: OpenFile): (string | undefined)[] {
  const isText = (column: string) =>
    first.slice(0, 20).some(({ values }) => typeof values[column] === 'string' && /\p{L}/u.test(values[column]));
  const texts = columns.filter(isText);
  return texts.length > 1 ? [texts[0], texts.at(-1)] : [];
}

/** The rendering for a mapping when none is given. */
function choosePrompt(mapping: ColumnMapping): PromptChoice {
  if (mapping.kind === 'chat') return { kind: 'chat' };
  return { kind: 'template', template: mapping.kind === 'pairs' ? templateFor(mapping) : '' };
}

/** What makes examples of rows under one mapping and one rendering. Throws DataError where they do not fit the file. */
function makerFor(file: OpenFile, mapping: ColumnMapping, prompt: PromptChoice, hasChat: boolean): Make {
  const missing = missingColumns(mapping, file.columns);
  if (missing.length > 0 && file.first.length > 0) {
    throw new DataError(
      `${file.name}: no column "${missing.join('", "')}" (${describeMapping(mapping)}); there are ${quotedNames(file)}`,
    );
  }
  if (mapping.kind === 'chat' || (mapping.kind === 'pairs' && prompt.kind === 'chat')) {
    if (hasChat) return exampleMaker(mapping, { kind: 'chat' });
    throw new DataError(
      `${file.name}: rows are to be rendered as chat, but this model has no chat template; choose a model that has one (its name often ends in Instruct or Chat), or pairs of columns`,
    );
  }
  const isTemplated = mapping.kind === 'pairs' && prompt.kind === 'template';
  const template = isTemplated ? compileTemplate(prompt.template, file.columns, mapping) : () => '';
  return exampleMaker(mapping, { kind: 'template', template });
}

function noRowReason(problems: readonly RowProblem[]): string {
  const first = problems[0];
  const reason = first ? `line ${first.line}: ${first.reason}` : 'it has no rows';
  const others = problems.length - 1;
  const more = others > 0 ? ` (and ${others} more ${others === 1 ? 'row' : 'rows'} left out)` : '';
  return `no row can be used: ${reason}${more}`;
}
