// A prompt template: text with `{column}` fields; `{{` and `}}` stand for braces. It renders the context side only: a
// field that names the target is refused, because the model would read the answer.
import { cellText } from './cellText.ts';
import { normaliseName } from './columnNames.ts';
import type { PairsMapping } from './mapping.ts';
import { DataError } from './types.ts';

export const defaultTemplate = '{context}\n';

/** Stanford Alpaca's prompt (tatsu-lab/stanford_alpaca `train.py`), for rows with and without an input. */
const alpacaTemplate = {
  withInput:
    'Below is an instruction that describes a task, paired with an input that provides further context. ' +
    'Write a response that appropriately completes the request.\n\n' +
    '### Instruction:\n{context}\n\n### Input:\n{input}\n\n### Response:\n',
  withoutInput:
    'Below is an instruction that describes a task. Write a response that appropriately completes the request.\n\n' +
    '### Instruction:\n{context}\n\n### Response:\n',
};

type Part = { text: string } | { column: string };

/** Renders one row; throws DataError when a cell it needs is not text. */
export type PromptTemplate = (values: Record<string, unknown>) => string;

/** The template for a mapping when none is given: Alpaca's prompt where there is an input column. */
export function templateFor(mapping: PairsMapping): string {
  return mapping.input === undefined ? defaultTemplate : alpacaTemplate.withInput;
}

/**
 * Fields: the file's columns by name, and `{context}` and `{input}` for the mapped ones whatever they are called.
 * Alpaca's prompt renders rows without an input by its other form.
 * Throws DataError for a field that is not there, naming those that are, and for a brace that stands alone.
 */
export function compileTemplate(source: string, columns: readonly string[], mapping: PairsMapping): PromptTemplate {
  const parts = parseTemplate(source).map((part) =>
    'text' in part ? part : { column: resolveField(part.column, columns, mapping) },
  );
  const render: PromptTemplate = (values) =>
    parts.map((part) => ('text' in part ? part.text : cellText(values, part.column))).join('');
  const { input } = mapping;
  if (source !== alpacaTemplate.withInput || input === undefined) return render;
  const renderWithoutInput = compileTemplate(alpacaTemplate.withoutInput, columns, mapping);
  const hasInput = (cell: unknown) => cell !== null && cell !== undefined && cell !== '';
  return (values) => (hasInput(values[input]) ? render(values) : renderWithoutInput(values));
}

/** A template as typed on a command line: `\n` is a newline, `\t` a tab, `\\` a backslash. */
export function typedTemplate(typed: string): string {
  const escapes: Record<string, string> = { '\\n': '\n', '\\t': '\t', '\\\\': '\\' };
  return typed.replace(/\\[nt\\]/g, (typedEscape) => escapes[typedEscape] ?? typedEscape);
}

function parseTemplate(source: string): Part[] {
  const parts: Part[] = [];
  let text = '';
  for (let i = 0; i < source.length; i++) {
    const character = source[i]!;
    if ((character === '{' || character === '}') && source[i + 1] === character) {
      text += character;
      i++;
    } else if (character === '{') {
      const end = source.indexOf('}', i);
      if (end < 0) throw new DataError(`template: the brace at character ${i + 1} is not closed; write {{ for a brace`);
      parts.push({ text }, { column: source.slice(i + 1, end).trim() });
      text = '';
      i = end;
    } else if (character === '}') {
      throw new DataError(`template: the brace at character ${i + 1} closes nothing; write }} for a brace`);
    } else {
      text += character;
    }
  }
  parts.push({ text });
  return parts.filter((part) => !('text' in part) || part.text !== '');
}

function resolveField(field: string, columns: readonly string[], mapping: PairsMapping): string {
  const byName =
    columns.find((name) => name === field) ?? columns.find((name) => normaliseName(name) === normaliseName(field));
  const column = field === 'context' ? mapping.context : field === 'input' ? (mapping.input ?? byName) : byName;
  if (column === mapping.target || field === 'target') {
    throw new DataError(`template: {${field}} is the target, which the model is to write; leave it out`);
  }
  if (column !== undefined) return column;
  const known = new Set(['context', ...columns.filter((name) => name !== mapping.target)]);
  throw new DataError(
    `template: there is no column "${field}"; expected one of ${[...known].map((name) => `{${name}}`).join(', ')}`,
  );
}
