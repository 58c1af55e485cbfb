// Playground: base and adapters answer the same prompt side by side.
import { useEffect, useMemo } from 'react';
import type { ModelDescription } from '../../../worker/protocol/model.ts';
import type { RunRecord } from '../../../worker/protocol/runs.ts';
import { formatCount } from '../../format.ts';
import { ErrorNote } from '../../panels/ErrorNote.tsx';
import { routeTo, useRoute } from '../../routing.ts';
import { useDeviceStore } from '../../stores/deviceStore.ts';
import { useLibraryStore } from '../../stores/libraryStore.ts';
import { useModelStore } from '../../stores/modelStore.ts';
import { recoverDevice } from '../../stores/openStudio.ts';
import { Answers } from './Answers.tsx';
import { adapterChoices } from './answererChoices.ts';
import { EvaluatePanel } from './evaluate/EvaluatePanel.tsx';
import { ExportedRoom } from './exported/ExportedRoom.tsx';
import { JudgePanel } from './JudgePanel.tsx';
import { MergedPanel } from './MergedPanel.tsx';
import { ModelGate, OtherModelNote } from './ModelGate.tsx';
import { OnnxPanel } from './onnx/OnnxPanel.tsx';
import { PromptPanel } from './PromptPanel.tsx';
import styles from './playground.module.css';
import { showAdapters } from './playgroundStore.ts';
import { SamplingPanel } from './SamplingPanel.tsx';

const NO_RUNS: RunRecord[] = [];

export function PlaygroundRoom() {
  const device = useDeviceStore((state) => state.device);
  const model = useModelStore((state) => state.status);
  const runs = useLibraryStore(({ status }) => (status.kind === 'ready' ? status.runs : NO_RUNS));
  const { params } = useRoute();
  const wantedRunId = params.get('run');
  const wantsExported = params.has('exported');
  return (
    <>
      <h1 className="visually-hidden">Playground</h1>
      {device.kind === 'missing' ? (
        <ExportedRoom reason={device.reason} />
      ) : wantsExported ? (
        <ExportedRoom reason={null} />
      ) : device.kind === 'opening' ? (
        <p role="status">Looking for a GPU…</p>
      ) : device.kind === 'lost' ? (
        <ErrorNote
          message={`The GPU was lost: ${device.reason}. Saved runs are kept. Reload the page, or try again.`}
          action={{ label: 'Try again', onClick: () => void recoverDevice() }}
        />
      ) : model.kind === 'ready' ? (
        <Answering model={model.description} weights={model.weights} runs={runs} wantedRunId={wantedRunId} />
      ) : (
        <ModelGate status={model} />
      )}
    </>
  );
}

interface Props {
  model: ModelDescription;
  weights: string;
  runs: RunRecord[];
  wantedRunId: string | null;
}

function Answering({ model, weights, runs, wantedRunId }: Props) {
  const choices = useMemo(() => adapterChoices(runs, model), [runs, model]);
  useEffect(() => showAdapters(choices, wantedRunId), [choices, wantedRunId]);
  const refused = choices.find(({ run, refusal }) => run.id === wantedRunId && refusal !== null);
  return (
    <div className={styles.room}>
      <div className={styles.main}>
        <p className={styles.model}>
          Base model: <strong>{model.name}</strong>, {formatCount(model.parameters)} parameters, {weights}, frozen.{' '}
          <a href={routeTo('train')}>Change it in Train</a>, or{' '}
          <a href={routeTo('playground', { exported: '' })}>open a model exported as ONNX</a>
        </p>
        {refused !== undefined && <OtherModelNote run={refused.run} />}
        <PromptPanel hasChatTemplate={model.hasChatTemplate} />
        <Answers runs={runs} choices={choices} />
        <EvaluatePanel runs={runs} choices={choices} />
        <OnnxPanel runs={runs} model={model} weights={weights} />
      </div>
      <div className={styles.side}>
        <SamplingPanel />
        <JudgePanel runs={runs} />
        <MergedPanel runs={runs} hasChatTemplate={model.hasChatTemplate} />
      </div>
    </div>
  );
}
