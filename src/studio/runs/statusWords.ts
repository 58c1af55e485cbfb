// Statuses as the page says them.
import type { RunStatus } from '../../worker/protocol/runs.ts';

export const STATUS_WORDS: Record<RunStatus, string> = {
  preparing: 'Preparing',
  running: 'Training',
  paused: 'Paused',
  finished: 'Finished',
  stopped: 'Stopped',
  failed: 'Failed',
};

export const STATUS_SIGNS: Record<RunStatus, string> = {
  preparing: '…',
  running: '▶',
  paused: '❚❚',
  finished: '✓',
  stopped: '■',
  failed: '✕',
};
