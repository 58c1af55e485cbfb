// What the Playground shows: a prompt, who answers it, and what they said. The answers belong to the prompt as it was
// asked, which stays on show while the next one is being typed.
import { create } from 'zustand';
import type { BuiltinTask } from '../../../worker/protocol/data.ts';
import type { Answer, Answerer, SamplingSettings, TaskExample } from '../../../worker/protocol/playground.ts';
import type { Calls } from '../../../worker/protocol.ts';
import { type AdapterChoice, firstAdapter } from './answererChoices.ts';

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
  /** A wish: only for models that have one. */
  useChatTemplate: boolean;
  sampling: SamplingSettings;
  columns: Column[];
  asked: Asked | null;
  judging: Judging;
}

const GREEDY: SamplingSettings = {
  maxNewTokens: 64,
  temperature: 0,
  topK: 0,
  topP: 1,
  repetitionPenalty: 1,
  seed: 42,
};

let columnsMade = 0;

export const usePlayground = create<PlaygroundState>(() => ({
  prompt: '',
  example: null,
  taskId: null,
  useChatTemplate: true,
  sampling: GREEDY,
  columns: [newColumn({ kind: 'base' })],
  asked: null,
  judging: { kind: 'idle' },
}));

function newColumn(answerer: Answerer): Column {
  columnsMade += 1;
  return { id: `column-${columnsMade}`, answerer, state: { kind: 'idle' }, judged: null };
}

export function setPrompt(prompt: string): void {
  usePlayground.setState(({ example }) => ({ prompt, example: example?.prompt === prompt ? example : null }));
}

/** Puts an example on show; answers to what was asked before go. */
export function setExample(example: TaskExample): void {
  usePlayground.setState(({ columns }) => ({
    prompt: example.prompt,
    example,
    asked: null,
    columns: columns.map((column) => ({ ...column, state: { kind: 'idle' } })),
  }));
}

export function forgetAnswers(): void {
  usePlayground.setState(({ columns }) => ({
    asked: null,
    columns: columns.map((column) => ({ ...column, state: { kind: 'idle' }, judged: null })),
  }));
}

/** The task whose examples are offered: the one chosen, else the first. */
export function chosenTask(tasks: BuiltinTask[], taskId: string | null): BuiltinTask | undefined {
  return tasks.find(({ id }) => id === taskId) ?? tasks[0];
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

/** What a run's record says of its prompts when they were rendered by the model's chat template. */
const CHAT_TEMPLATE = 'chat template';

/**
 * Takes away columns whose adapter cannot answer (deleted, or of another model). Then sees that the run asked for has
 * one, or, while only the base is there, the newest adapter that fits; it is asked in
 * the form that it was trained on.
 */
export function showAdapters(choices: AdapterChoice[], wantedRunId: string | null): void {
  const isPossible = ({ answerer }: Column) =>
    answerer.kind === 'base' || choices.some(({ run, refusal }) => run.id === answerer.runId && refusal === null);
  const { columns } = usePlayground.getState();
  if (!columns.every(isPossible)) {
    const kept = columns.filter(isPossible);
    usePlayground.setState({ columns: kept.length === 0 ? [newColumn({ kind: 'base' })] : kept });
  }
  const answerers = usePlayground.getState().columns.map(({ answerer }) => answerer);
  const shown = answerers.flatMap((answerer) => (answerer.kind === 'adapter' ? answerer.runId : []));
  const run = firstAdapter(choices, wantedRunId);
  if (run === null || shown.includes(run.id) || (wantedRunId === null && shown.length > 0)) return;
  addColumn({ kind: 'adapter', runId: run.id, strength: 1 });
  if (!run.isImported) usePlayground.setState({ useChatTemplate: run.data.template === CHAT_TEMPLATE });
}

/** Changes one column; does nothing when it is gone meanwhile. */
export function updateColumn(id: string, change: (column: Column) => Partial<Column>): void {
  usePlayground.setState(({ columns }) => ({
    columns: columns.map((column) => (column.id === id ? { ...column, ...change(column) } : column)),
  }));
}
