// Where rows come from, how they are read, and what was found in them.
import type { FirstRow } from '../../data/types.ts';
import type { RunSettings } from '../../training/settings.ts';

export interface BuiltinTask {
  id: string;
  title: string;
  description: string;
  metric: 'executes' | 'exact';
  /** Settings that this task's default run starts from. */
  settings: RunSettings;
  samplePrompts: string[];
}

export type DataSource = { kind: 'builtin'; taskId: string } | { kind: 'files'; train: File; validation?: File };

/** Which columns are what. Guessed by name, changeable. */
export type ColumnMapping =
  | { kind: 'pairs'; context: string; input?: string; target: string }
  | { kind: 'chat'; column: string }
  | { kind: 'text'; column: string };

export type { FirstRow };

export interface DataOptions {
  /** Default: as it looks. */
  firstRow?: FirstRow;
  mapping?: ColumnMapping;
  /** A prompt template with {column} fields; or the model's chat template. Default: chat for chat data and chat models. */
  prompt?: { kind: 'template'; template: string } | { kind: 'chat' };
  maxLength: number;
  /** What a chat template that writes the date is told, as Date.now() counts; kept with a run, whose rows stay the same. */
  renderedAt?: number;
  /** Share of the rows held out for validation, when there is no second file. */
  validationFraction: number;
  seed: number;
}

export interface DataProblem {
  line: number;
  reason: string;
  excerpt: string;
}

export interface DataDescription {
  name: string;
  /** jsonl, csv, parquet, `context||target` lines … */
  layout: string;
  /** Of a table; null of anything else. */
  firstRow: FirstRow | null;
  columns: string[];
  mapping: ColumnMapping;
  prompt: { kind: 'template'; template: string } | { kind: 'chat' };
  rows: number;
  trainRows: number;
  validationRows: number;
  tokens: number;
  targetTokens: number;
  duplicates: number;
  /** Rows whose context was cut to fit. */
  cutRows: number;
  /** Rows left out, the first 200 of them; `problemCount` counts all. */
  problems: DataProblem[];
  problemCount: number;
  /** Rows by token length: `counts[i]` rows have from `edges[i]` to `edges[i + 1] - 1` tokens. */
  histogram: { edges: number[]; counts: number[] };
  /** Why no row can be used under this mapping and prompt, and nothing was kept; null when some can. */
  refusal: string | null;
}

export interface PreviewRow {
  line: number;
  /** The rendered text, in order; `isTarget` carries loss. */
  tokens: { text: string; id: number; isTarget: boolean }[];
}
