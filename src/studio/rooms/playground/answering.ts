// Asking: every column answers the same prompt, its text streaming in as the worker tells it. Changing one column's
// adapter or strength asks that column again, so that switching shows its effect at once.
import { CallError, call, onEvent } from '../../../worker/client.ts';
import type { Answerer, TaskExample } from '../../../worker/protocol/playground.ts';
import { messageOf } from '../../stores/messageOf.ts';
import { useModelStore } from '../../stores/modelStore.ts';
import {
  type Asked,
  addColumn,
  forgetAnswers,
  type SqlResult,
  setExample,
  updateColumn,
  usePlayground,
} from './playgroundStore.ts';

const PAUSE_MS = 200;
/** The request of a column that is about to ask. */
const WAITING = '';

let requestsMade = 0;
/** Column by request, for every request that the worker has not answered. */
const inFlight = new Map<string, string>();
const waiting = new Map<string, ReturnType<typeof setTimeout>>();

onEvent('token', ({ requestId, text }) => {
  const column = usePlayground
    .getState()
    .columns.find(({ state }) => state.kind === 'answering' && state.requestId === requestId);
  if (column === undefined) return;
  updateColumn(column.id, ({ state }) =>
    state.kind === 'answering' ? { state: { ...state, text: state.text + text } } : {},
  );
});

// Answers of another model have no place beside this one's.
useModelStore.subscribe(({ status }, before) => {
  if (status.kind !== 'ready' && before.status.kind === 'ready') forgetAnswers();
});

/** Asks every column the prompt as it stands. */
export async function askAll(): Promise<void> {
  const { prompt, example, columns } = usePlayground.getState();
  const asked: Asked = { prompt, example, expectedResult: null };
  usePlayground.setState({ asked });
  await Promise.all([resultOfTarget(asked), ...columns.map((column) => askColumn(column.id))]);
}

/** Takes a held-out example of a task by chance, and asks it. */
export async function askRandomExample(taskId: string): Promise<void> {
  const [seed = 0] = crypto.getRandomValues(new Uint32Array(1));
  const [example] = await call('taskExamples', { taskId, count: 1, seed });
  if (example === undefined) throw new Error('This task has no held-out examples.');
  setExample(example);
  await askAll();
}

/**
 * Gives a column another answerer; it answers again when something was asked already. Steps of the strength slider that
 * follow each other quickly ask once.
 */
export function changeAnswerer(columnId: string, answerer: Answerer): void {
  const hasAsked = usePlayground.getState().asked !== null;
  updateColumn(columnId, () => ({
    answerer,
    judged: null,
    state: hasAsked ? { kind: 'answering', requestId: WAITING, text: '' } : { kind: 'idle' },
  }));
  clearTimeout(waiting.get(columnId));
  waiting.set(
    columnId,
    setTimeout(() => void askAgain(columnId), PAUSE_MS),
  );
}

/** What was asked of the former answerer is given up, unless that would take other columns' answers too. */
async function askAgain(columnId: string): Promise<void> {
  const columnIds = [...inFlight.values()];
  if (columnIds.length > 0 && columnIds.every((id) => id === columnId)) await cancelAnswers();
  await askColumn(columnId);
}

/** A new column, which answers at once when something was asked already. */
export async function addAnswerer(answerer: Answerer): Promise<void> {
  await askColumn(addColumn(answerer));
}

export async function cancelAnswers(): Promise<void> {
  await call('cancel', { what: 'generate' });
}

async function resultOfTarget(asked: Asked): Promise<void> {
  if (asked.example?.table == null) return;
  const expectedResult = await queryResult(asked.example, asked.example.target);
  usePlayground.setState((state) => (state.asked === asked ? { asked: { ...asked, expectedResult } } : {}));
}

async function askColumn(columnId: string): Promise<void> {
  const { asked, columns, sampling } = usePlayground.getState();
  const useChatTemplate = usePlayground.getState().useChatTemplate && hasChatTemplate();
  const column = columns.find(({ id }) => id === columnId);
  if (column === undefined || asked === null) return;
  requestsMade += 1;
  const requestId = `answer-${requestsMade}`;
  const isCurrent = () =>
    usePlayground
      .getState()
      .columns.some(({ id, state }) => id === columnId && state.kind === 'answering' && state.requestId === requestId);

  updateColumn(columnId, () => ({ state: { kind: 'answering', requestId, text: '' } }));
  inFlight.set(requestId, columnId);
  try {
    const { answerer } = column;
    const answer = await call('generate', { requestId, prompt: asked.prompt, useChatTemplate, answerer, sampling });
    inFlight.delete(requestId);
    const result = asked.example?.table == null ? null : await queryResult(asked.example, answer.text);
    if (isCurrent()) updateColumn(columnId, () => ({ state: { kind: 'answered', answer, result } }));
  } catch (error) {
    inFlight.delete(requestId);
    if (!isCurrent()) return;
    const message = error instanceof CallError ? error.message : String(error);
    const isCancelled = error instanceof CallError && error.isCancelled;
    updateColumn(columnId, () => ({ state: isCancelled ? { kind: 'idle' } : { kind: 'failed', message } }));
  }
}

function hasChatTemplate(): boolean {
  const { status } = useModelStore.getState();
  return status.kind === 'ready' && status.description.hasChatTemplate;
}

/** A query that the worker could not run at all is shown like one that the table refused. */
async function queryResult({ table }: TaskExample, query: string): Promise<SqlResult | null> {
  if (table === null) return null;
  try {
    return await call('runSql', { table, query: query.trim() });
  } catch (error) {
    return { error: messageOf(error) };
  }
}
