// Judging: every column answers the same held-out rows of a task, one column after another, and is told how many were
// right. The count comes from the worker; here it is only kept.
import { CallError, call, onEvent } from '../../../worker/client.ts';
import { messageOf } from '../../stores/messageOf.ts';
import { updateColumn, usePlayground } from './playgroundStore.ts';

onEvent('judged', ({ taskId, done, rows, right }) => {
  usePlayground.setState(({ judging }) =>
    judging.kind === 'running' && judging.taskId === taskId ? { judging: { ...judging, done, rows, right } } : {},
  );
});

export async function judgeColumns(taskId: string, rows: number): Promise<void> {
  for (const column of usePlayground.getState().columns) {
    usePlayground.setState({ judging: { kind: 'running', taskId, columnId: column.id, done: 0, right: 0, rows } });
    try {
      const outcome = await call('judgeTask', { taskId, answerer: column.answerer, rows });
      updateColumn(column.id, () => ({ judged: { taskId, outcome } }));
    } catch (error) {
      const isCancelled = error instanceof CallError && error.isCancelled;
      usePlayground.setState({
        judging: isCancelled ? { kind: 'idle' } : { kind: 'failed', message: messageOf(error) },
      });
      return;
    }
  }
  usePlayground.setState({ judging: { kind: 'idle' } });
}

export async function cancelJudging(): Promise<void> {
  await call('cancel', { what: 'judge' });
}
