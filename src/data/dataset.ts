// From a file to rows that can be trained on, in one call: parse, map, render, split, encode. The studio shows the steps
// between; the command line wants the end only.
import { chatTemplateOf } from './chatTemplate.ts';
import { type EncodedData, encodeExamples } from './encodeExamples.ts';
import { makeExamples } from './examples.ts';
import { guessReading } from './guessReading.ts';
import { type ColumnMapping, describeMapping, missingColumns } from './mapping.ts';
import { parseFile } from './parseFile.ts';
import { splitExamples } from './split.ts';
import { compileTemplate, templateFor } from './template.ts';
import type { TextTokenizer } from './tokenizer.ts';
import { DataError, type DataFile, type Example, type ParsedFile, type RowProblem } from './types.ts';

/** How prompts are rendered: by a template (with real newlines; see `typedTemplate`), or by the model's chat template. */
export type PromptChoice = { kind: 'template'; template: string } | { kind: 'chat' };

export interface DatasetOptions {
  tokenizer: TextTokenizer;
  /** Most tokens of a row, end token included. */
  maxLength: number;
  /** Default: guessed from the columns. */
  mapping?: ColumnMapping;
  /** Where no column has a known name, take the first that holds words as context and the last as target, for a person to change. Default: refuse. */
  mayGuessBlindly?: boolean;
  /** Default: the model's chat template for conversations, else `templateFor` the mapping. */
  prompt?: PromptChoice;
  /** A fraction of the examples, or a file of its own. Default: none. */
  validation?: number | DataFile;
  /** For the split. */
  seed: number;
  onProgress?: (done: number, total: number) => void;
  signal?: AbortSignal;
}

export interface Dataset {
  /** What was read, without its rows: of a large file they would be held for nothing. */
  file: Pick<ParsedFile, 'name' | 'layout' | 'columns'> & { rowCount: number };
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
  const { seed, validation } = options;
  const parsed = await parseFile(source);
  const mapping = options.mapping ?? chooseMapping(parsed, options.mayGuessBlindly);
  const prompt = options.prompt ?? choosePrompt(mapping);
  const hasChat = options.tokenizer.chatTemplate !== undefined;
  const { name, layout, columns } = parsed;
  const file = { name, layout, columns, rowCount: parsed.rows.length + parsed.problems.length };
  const unusable = (message: string, problems: RowProblem[]) =>
    new UnusableRowsError(message, { file, mapping, prompt, problems });
  let made: { examples: Example[]; problems: RowProblem[] };
  try {
    made = examplesOf(parsed, mapping, prompt, hasChat);
  } catch (error) {
    throw error instanceof DataError ? unusable(error.message, parsed.problems) : error;
  }
  const { examples, problems } = made;
  const split = typeof validation === 'number' ? splitExamples(examples, validation, seed) : undefined;
  const train = await encode(split ? pick(examples, split.train) : examples, options);
  const all = [...parsed.problems, ...problems, ...train.problems];
  if (train.rows.length === 0) throw unusable(`${name}: ${noRowReason(all)}`, all);

  let held: EncodedData | undefined;
  if (split && split.validation.length > 0) {
    held = await encode(pick(examples, split.validation), options);
    all.push(...held.problems);
  } else if (validation !== undefined && typeof validation !== 'number') {
    const second = await parseFile(validation);
    const heldExamples = examplesOf(
      second,
      options.mapping ?? chooseMapping(second, options.mayGuessBlindly),
      prompt,
      hasChat,
    );
    held = await encode(heldExamples.examples, options);
    const heldProblems = [...second.problems, ...heldExamples.problems, ...held.problems];
    if (held.rows.length === 0) throw new DataError(`${second.name}: ${noRowReason(heldProblems)}`);
    all.push(...heldProblems.map((problem) => ({ ...problem, reason: `${second.name}: ${problem.reason}` })));
  }
  return { file, mapping, prompt, train, validation: held, problems: all.sort((a, b) => a.line - b.line) };
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
  options: Pick<DatasetOptions, 'mapping' | 'prompt' | 'validation' | 'seed'>,
): Promise<ReadExamples> {
  const { seed, validation } = options;
  const read = async (source: DataFile, rendering?: PromptChoice) => {
    const parsed = await parseFile(source);
    const mapping = options.mapping ?? chooseMapping(parsed);
    const prompt = rendering ?? choosePrompt(mapping);
    const { examples, problems } = examplesOf(parsed, mapping, prompt, true);
    const all = [...parsed.problems, ...problems];
    if (examples.length === 0) throw new DataError(`${parsed.name}: ${noRowReason(all)}`);
    return { prompt, examples, problems: all };
  };
  const { prompt, examples, problems } = await read(file, options.prompt);
  if (typeof validation === 'object') {
    const held = await read(validation, prompt);
    return { prompt, train: examples, validation: held.examples, problems };
  }
  const split = splitExamples(examples, validation ?? 0, seed);
  return { prompt, train: pick(examples, split.train), validation: pick(examples, split.validation), problems };
}

function chooseMapping(parsed: ParsedFile, mayGuessBlindly = false): ColumnMapping {
  const mapping = guessReading(parsed);
  if (mapping) return mapping;
  const [context, target] = mayGuessBlindly ? outerTextColumns(parsed) : [];
  if (context !== undefined && target !== undefined) return { kind: 'pairs', context, target };
  const first = parsed.problems[0];
  if (parsed.rows.length === 0 && first) throw new DataError(`${parsed.name}: line ${first.line}: ${first.reason}`);
  const names = parsed.columns.map((name) => `"${name}"`).join(', ');
  throw new DataError(
    `${parsed.name}: cannot tell context from target among the columns ${names}; name them context and target, prompt and completion, or question and answer`,
  );
}

/** The first and the last column that hold words, by the first rows. */
function outerTextColumns({ columns, rows }: ParsedFile): (string | undefined)[] {
  const isText = (column: string) =>
    rows.slice(0, 20).some(({ values }) => typeof values[column] === 'string' && /\p{L}/u.test(values[column]));
  const texts = columns.filter(isText);
  return texts.length > 1 ? [texts[0], texts.at(-1)] : [];
}

/** The rendering for a mapping when none is given. */
function choosePrompt(mapping: ColumnMapping): PromptChoice {
  if (mapping.kind === 'chat') return { kind: 'chat' };
  return { kind: 'template', template: mapping.kind === 'pairs' ? templateFor(mapping) : '' };
}

/** Rows → examples under one mapping and one rendering. */
function examplesOf(
  parsed: ParsedFile,
  mapping: ColumnMapping,
  prompt: PromptChoice,
  hasChat: boolean,
): { examples: Example[]; problems: RowProblem[] } {
  const missing = missingColumns(mapping, parsed.columns);
  if (missing.length > 0 && parsed.rows.length > 0) {
    const names = parsed.columns.map((name) => `"${name}"`).join(', ');
    throw new DataError(
      `${parsed.name}: no column "${missing.join('", "')}" (${describeMapping(mapping)}); there are ${names}`,
    );
  }
  if (mapping.kind === 'chat' || (mapping.kind === 'pairs' && prompt.kind === 'chat')) {
    if (hasChat) return makeExamples(parsed, mapping, { kind: 'chat' });
    throw new DataError(
      `${parsed.name}: rows are to be rendered as chat, but this model has no chat template; choose a model that has one (its name often ends in Instruct or Chat), or pairs of columns`,
    );
  }
  const isTemplated = mapping.kind === 'pairs' && prompt.kind === 'template';
  const template = isTemplated ? compileTemplate(prompt.template, parsed.columns, mapping) : () => '';
  return makeExamples(parsed, mapping, { kind: 'template', template });
}

function encode(examples: readonly Example[], options: DatasetOptions): Promise<EncodedData> {
  const { tokenizer, maxLength, onProgress, signal } = options;
  return encodeExamples(examples, {
    tokenizer,
    maxLength,
    chatTemplate: chatTemplateOf(tokenizer),
    onProgress,
    signal,
  });
}

const pick = (examples: readonly Example[], indices: readonly number[]) =>
  indices.flatMap((index) => examples[index] ?? []);

function noRowReason(problems: readonly RowProblem[]): string {
  const first = problems[0];
  const reason = first ? `line ${first.line}: ${first.reason}` : 'it has no rows';
  const others = problems.length - 1;
  const more = others > 0 ? ` (and ${others} more ${others === 1 ? 'row' : 'rows'} left out)` : '';
  return `no row can be used: ${reason}${more}`;
}
