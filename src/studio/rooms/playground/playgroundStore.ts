// What the Playground shows: a prompt, who answers it, and what they said. The answers belong to the prompt as it was
// asked, which stays on show while the next one is being typed.
import { create } from 'zustand';
import type { Answer, Answerer, Calls, SamplingSettings, TaskExample } from '../../../worker/protocol.ts';

export type SqlResult = Calls['runSql']['reply'];
export type Judgement = Calls['judgeTask']['reply'];

export type ColumnState =
  | { kind: 'idle' }
  | { kind: 'answering'; requestId: string; text: string }
  | { kind: 'answered'; answer: Answer; result: SqlResult | null }
  | { kind: 'failed'; message: string };

export interface Column {
  id: string;
  answerer: Answerer;
  state: ColumnState;
  /** How it did on held-out rows of `taskId`, once judged. */
  judged: { taskId: string; outcome: Judgement } | null;
}

/** A prompt that was answered, with its right answer where one is known. */
export interface Asked {
  prompt: string;
  example: TaskExample | null;
  /** What the right answer's query gives on the example's table. */
  expectedResult: SqlResult | null;
}

export type Judging =
  | { kind: 'idle' }
  | { kind: 'running'; taskId: string; columnId: string; done: number; right: number; rows: number }
  | { kind: 'failed'; message: string };

export interface PlaygroundState {
  prompt: string;
  /** The example that the prompt was taken from, while the prompt is still its. */
  example: TaskExample | null;
  taskId: string | null;
  useChatTemplate: boolean;
  sampling: SamplingSettings;
  columns: Column[];
  asked: Asked | null;
  judging: Judging;
}

export const GREEDY: SamplingSettings = {
  maxNewTokens: 64,
  temperature: 0,
  topK: 0,
  topP: 1,
  repetitionPenalty: 1,
  seed: 42,
};

export const usePlayground = create<PlaygroundState>(() => ({
  prompt: '',
  example: null,
  taskId: null,
  useChatTemplate: false,
  sampling: GREEDY,
  columns: [newColumn({ kind: 'base' })],
  asked: null,
  judging: { kind: 'idle' },
}));

let columnsMade = 0;

function newColumn(answerer: Answerer): Column {
  columnsMade += 1;
  return { id: `column-${columnsMade}`, answerer, state: { kind: 'idle' }, judged: null };
}

export function setPrompt(prompt: string): void {
  usePlayground.setState(({ example }) => ({ prompt, example: example?.prompt === prompt ? example : null }));
}

export function setExample(example: TaskExample): void {
  usePlayground.setState({ prompt: example.prompt, example });
}

export function setSampling(change: Partial<SamplingSettings>): void {
  usePlayground.setState(({ sampling }) => ({ sampling: { ...sampling, ...change } }));
}

/** Adds a column at the right; returns its id. */
export function addColumn(answerer: Answerer): string {
  const column = newColumn(answerer);
  usePlayground.setState(({ columns }) => ({ columns: [...columns, column] }));
  return column.id;
}

export function removeColumn(id: string): void {
  usePlayground.setState(({ columns }) => ({ columns: columns.filter((column) => column.id !== id) }));
}

/** Forgets runs that are no longer in the Library. */
export function keepRuns(runIds: Set<string>): void {
  const isKept = ({ answerer }: Column) => answerer.kind === 'base' || runIds.has(answerer.runId);
  if (usePlayground.getState().columns.every(isKept)) return;
  usePlayground.setState(({ columns }) => ({ columns: columns.filter(isKept) }));
}

/** Changes one column; does nothing when it is gone meanwhile. */
export function updateColumn(id: string, change: (column: Column) => Partial<Column>): void {
  usePlayground.setState(({ columns }) => ({
    columns: columns.map((column) => (column.id === id ? { ...column, ...change(column) } : column)),
  }));
}
