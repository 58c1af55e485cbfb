// Pushing runs to the Hub: one at a time. Token and server are remembered until the page closes, and nowhere else.
import { create } from 'zustand';
import { CallError, call, onEvent } from '../../../../worker/client.ts';
import type { ExportWhat } from '../../../../worker/protocol/exports.ts';
import type { PushProgress, PushTarget } from '../../../../worker/protocol/hub.ts';
import { formatBytes, formatNoun } from '../../../format.ts';
import { messageOf } from '../../../stores/messageOf.ts';

export type PushState =
  | { kind: 'idle' }
  | { kind: 'running'; runId: string; progress: PushProgress | null }
  | { kind: 'done'; runId: string; url: string; repo: string; message: string }
  | { kind: 'failed'; runId: string; message: string };

interface Remembered {
  token: string;
  server: string;
  /** Before the slash of the last repository. */
  owner: string;
}

export const usePushStore = create<{ state: PushState; remembered: Remembered }>()(() => ({
  state: { kind: 'idle' },
  remembered: { token: '', server: '', owner: '' },
}));

onEvent('pushProgress', ({ progress }) => {
  const { state } = usePushStore.getState();
  if (state.kind === 'running') usePushStore.setState({ state: { ...state, progress } });
});

export function rememberAccess(access: Partial<Remembered>): void {
  usePushStore.setState(({ remembered }) => ({ remembered: { ...remembered, ...access } }));
}

export async function startPush(what: ExportWhat, to: PushTarget): Promise<void> {
  const { runId } = what;
  const setState = (state: PushState) => usePushStore.setState({ state });
  setState({ kind: 'running', runId, progress: null });
  try {
    const { url, isNew, pushedFiles, pushedBytes, keptFiles } = await call('pushRun', { what, to });
    const where = isNew ? 'a new repository' : 'the repository';
    const kept = keptFiles > 0 ? `; ${keptFiles} more ${keptFiles === 1 ? 'was' : 'were'} there already` : '';
    const message =
      pushedFiles === 0
        ? `Nothing to push: all ${formatNoun(keptFiles, 'file')} are there already, with the same content.`
        : `Pushed ${formatNoun(pushedFiles, 'file')} (${formatBytes(pushedBytes)}) into ${where}${kept}.`;
    setState({ kind: 'done', runId, url, repo: to.repo, message });
  } catch (error) {
    const isCancelled = error instanceof CallError && error.isCancelled;
    setState(isCancelled ? { kind: 'idle' } : { kind: 'failed', runId, message: messageOf(error) });
  }
}

export async function cancelPush(): Promise<void> {
  await call('cancel', { what: 'push' });
}
