// What an adapter costs while answering: time per token of the base, of the adapter beside it, and of the adapter merged.
import { Button } from '@mantine/core';
import { useState } from 'react';
import { CallError, call } from '../../../worker/client.ts';
import type { TokenTime } from '../../../worker/protocol/playground.ts';
import type { RunRecord } from '../../../worker/protocol/runs.ts';
import type { Calls } from '../../../worker/protocol.ts';
import { ErrorNote } from '../../panels/ErrorNote.tsx';
import { Panel } from '../../panels/Panel.tsx';
import { messageOf } from '../../stores/messageOf.ts';
import { answererName } from './answererChoices.ts';
import styles from './playground.module.css';
import { usePlayground } from './playgroundStore.ts';

type Timing =
  | { kind: 'idle' }
  | { kind: 'timing' }
  | { kind: 'timed'; times: Calls['timeMerged']['reply'] }
  | { kind: 'failed'; message: string };

export function MergedPanel({ runs, hasChatTemplate }: { runs: RunRecord[]; hasChatTemplate: boolean }) {
  const answerer = usePlayground(({ columns }) =>
    columns.map((column) => column.answerer).find(({ kind }) => kind === 'adapter'),
  );
  const prompt = usePlayground((state) => state.prompt);
  const wantsChat = usePlayground((state) => state.useChatTemplate);
  const [timing, setTiming] = useState<Timing>({ kind: 'idle' });
  if (answerer?.kind !== 'adapter') return null;

  const { runId } = answerer;
  const start = async () => {
    setTiming({ kind: 'timing' });
    try {
      const times = await call('timeMerged', { runId, prompt, useChatTemplate: wantsChat && hasChatTemplate });
      setTiming({ kind: 'timed', times });
    } catch (error) {
      const isCancelled = error instanceof CallError && error.isCancelled;
      setTiming(isCancelled ? { kind: 'idle' } : { kind: 'failed', message: messageOf(error) });
    }
  };
  return (
    <Panel title="Does it cost time?" note="merged or beside W">
      <p className={styles.dim}>
        Merged into W, an adapter should take no time at all. Measured with {answererName(answerer, runs)} on the
        prompt.
      </p>
      {timing.kind === 'timing' ? (
        <Button
          size="xs"
          variant="default"
          className={styles.start}
          onClick={() => void call('cancel', { what: 'generate' })}
        >
          Timing… cancel
        </Button>
      ) : (
        <Button
          size="xs"
          variant="default"
          className={styles.start}
          disabled={prompt.trim() === ''}
          onClick={() => void start()}
        >
          Time merged and unmerged
        </Button>
      )}
      {timing.kind === 'failed' && <ErrorNote message={timing.message} />}
      {timing.kind === 'timed' && (
        <ul className={styles.judged} aria-label="Time per token">
          <Time name="Base" time={timing.times.base} />
          <Time name="Adapter beside W" time={timing.times.unmerged} />
          <Time name="Adapter merged" time={timing.times.merged} />
        </ul>
      )}
    </Panel>
  );
}

function Time({ name, time: { medianMs, lowestMs, highestMs } }: { name: string; time: TokenTime }) {
  return (
    <li>
      <span>{name}</span>
      <span>
        <strong>{medianMs.toFixed(1)} ms</strong> a token
        <br />
        <span className={styles.dim}>
          {lowestMs.toFixed(1)} to {highestMs.toFixed(1)} ms
        </span>
      </span>
    </li>
  );
}
