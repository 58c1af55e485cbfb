// The rows as JSON lines, in the run's own order of rows and with its split. Encoded: tokens and the places that carry loss,
// with the text beside them for reading. Not encoded: the rendered text alone, for train.py to encode by the same rule.
import type { EncodedData } from '../data/encodeExamples.ts';
import type { KeptExample, Sequence } from '../data/exampleStore.ts';
import type { TokenRow } from '../data/types.ts';
import type { ZipEntry } from '../formats/zipWriter.ts';

interface DataFacts {
  readonly name: string;
  /** How prompts were rendered. */
  readonly template: string;
}

interface EncodedRows extends DataFacts {
  readonly isEncoded: true;
  readonly train: Pick<EncodedData, 'rows' | 'examples' | 'sources'>;
  /** The rows that the run evaluates. */
  readonly validation: readonly TokenRow[];
}

interface TextRows extends DataFacts {
  readonly isEncoded: false;
  readonly train: Sequence<KeptExample>;
  readonly validation: Sequence<KeptExample>;
}

export type ContinueData = EncodedRows | TextRows;

export function dataSize(data: ContinueData): { trainRows: number; validationRows: number } {
  if (data.isEncoded) return { trainRows: data.train.rows.length, validationRows: data.validation.length };
  const count = (examples: Sequence<KeptExample>) => {
    let some = 0;
    for (const example of examples) some += hasTarget(example) ? 1 : 0;
    return some;
  };
  return { trainRows: count(data.train), validationRows: count(data.validation) };
}

export function dataFiles(data: ContinueData): ZipEntry[] {
  const { train, validation } = data.isEncoded ? encodedLines(data) : textLines(data);
  const held = dataSize(data).validationRows > 0 ? [linesFile('data/validation.jsonl', validation)] : [];
  return [linesFile('data/train.jsonl', train), ...held];
}

type Lines = () => Iterable<object>;

function encodedLines({ train, validation }: EncodedRows): { train: Lines; validation: Lines } {
  return {
    *train() {
      for (const [i, row] of train.rows.entries()) {
        const example = train.examples.at(train.sources[i]!);
        // A passage may be long, and every one of its rows would repeat it.
        const text = example && example.kind !== 'text' ? textOf(example) : {};
        yield { line: row.line, ...text, ...tokensOf(row) };
      }
    },
    *validation() {
      for (const row of validation) yield { line: row.line, ...tokensOf(row) };
    },
  };
}

function textLines({ train, validation }: TextRows): { train: Lines; validation: Lines } {
  const lines = (examples: Sequence<KeptExample>) =>
    function* () {
      for (const example of examples) if (hasTarget(example)) yield { line: example.line, ...textOf(example) };
    };
  return { train: lines(train), validation: lines(validation) };
}

/** What `encodeExample` refuses for its text alone. */
function hasTarget(example: KeptExample): boolean {
  switch (example.kind) {
    case 'pair':
      return example.target.trim() !== '';
    case 'chat':
      return example.messages.some(({ role }) => role === 'assistant');
    case 'text':
      return example.context.trim() !== '';
    default:
      return example satisfies never;
  }
}

function textOf(example: KeptExample): object {
  switch (example.kind) {
    case 'pair':
      return { prompt: example.prompt, target: example.target };
    case 'chat':
      return { messages: example.messages };
    case 'text':
      return { text: example.context };
    default:
      return example satisfies never;
  }
}

function tokensOf(row: TokenRow): object {
  return { ids: [...row.ids], targets: targetSpans(row) };
}

/** From and before which place tokens carry loss. */
export function targetSpans({ loss }: Pick<TokenRow, 'loss'>): [number, number][] {
  const targets: [number, number][] = [];
  for (let t = 0; t < loss.length; t++) {
    if (loss[t] !== 1) continue;
    const last = targets.at(-1);
    if (last?.[1] === t) last[1] = t + 1;
    else targets.push([t, t + 1]);
  }
  return targets;
}

const CHUNK_CHARACTERS = 1 << 20;

/** Made while it is read, and once before, to know its size. */
function linesFile(name: string, lines: Lines): ZipEntry {
  const encoder = new TextEncoder();
  function* chunks(): Generator<Uint8Array> {
    let text = '';
    for (const line of lines()) {
      text += `${JSON.stringify(line)}\n`;
      if (text.length < CHUNK_CHARACTERS) continue;
      yield encoder.encode(text);
      text = '';
    }
    if (text !== '') yield encoder.encode(text);
  }
  let sizeBytes = 0;
  for (const chunk of chunks()) sizeBytes += chunk.length;
  return {
    name,
    sizeBytes,
    async *bytes() {
      yield* chunks();
    },
  };
}
