// The loaded model in another engine: base, adapter and merged in onnxruntime-web, beside our own. Nothing of it is loaded
// before one of the buttons is pressed.
import { Button } from '@mantine/core';
import { useEffect } from 'react';
import type { OnnxFormat } from '../../../../worker/protocol/exports.ts';
import type { ModelDescription } from '../../../../worker/protocol/model.ts';
import type { RunRecord } from '../../../../worker/protocol/runs.ts';
import { ErrorNote } from '../../../panels/ErrorNote.tsx';
import { Panel } from '../../../panels/Panel.tsx';
import { ProgressBar } from '../../../panels/ProgressBar.tsx';
import { RadioChips } from '../../../panels/RadioChips.tsx';
import { routeTo } from '../../../routing.ts';
import { useDeviceStore } from '../../../stores/deviceStore.ts';
import { answererName } from '../answererChoices.ts';
import playground from '../playground.module.css';
import { usePlayground } from '../playgroundStore.ts';
import { cancelOnnx, compareEngines, measureLatency } from './comparing.ts';
import { EngineTable } from './EngineTable.tsx';
import { LatencyTable } from './LatencyTable.tsx';
import styles from './onnx.module.css';
import { providerOf, useOnnx, webGpuRefusal } from './onnxStore.ts';

const FORMATS: { value: OnnxFormat; label: string }[] = [
  { value: 'f32', label: 'f32' },
  { value: 'f16', label: 'f16' },
  { value: 'q4', label: '4-bit' },
];
const PROVIDERS = [
  { value: 'webgpu', label: 'WebGPU' },
  { value: 'wasm', label: 'WebAssembly' },
] as const;

interface Props {
  runs: RunRecord[];
  model: ModelDescription;
  /** The format that our engine keeps the model's weights in. */
  weights: string;
}

export function OnnxPanel({ runs, model: { hasChatTemplate, storedFormat }, weights }: Props) {
  const answerer = usePlayground(({ columns }) =>
    columns.map((column) => column.answerer).find(({ kind }) => kind === 'adapter'),
  );
  const prompt = usePlayground((state) => state.prompt);
  const wantsChat = usePlayground((state) => state.useChatTemplate);
  const device = useDeviceStore((state) => state.device);
  const { format, work, compared, timed, ...chosen } = useOnnx();
  const provider = providerOf(chosen.provider, device);
  useEffect(() => () => void cancelOnnx(), []);

  const runId = answerer?.kind === 'adapter' ? answerer.runId : null;
  const adapterName = runId === null ? '' : answererName({ kind: 'adapter', runId, strength: 1 }, runs);
  const subject = { runId, adapterName, prompt, useChatTemplate: wantsChat && hasChatTemplate };
  const isRounded = !['f32', 'file', storedFormat.toLowerCase()].includes(weights);
  const conditions = { provider, format, weights, isRounded };
  const isEmpty = prompt.trim() === '';
  const refusal = webGpuRefusal(device);
  return (
    <Panel title="In onnxruntime" note="the same model in another engine">
      <p className={playground.dim}>
        Base, adapter beside W and adapter merged are written as ONNX in place and answer the prompt in onnxruntime-web,
        greedily, next to our own engine. The runtime comes from this page’s server when asked for: 14 MB, with WebGPU
        27 MB. To run a folder that was exported before,{' '}
        <a href={routeTo('playground', { exported: '' })}>open it here</a>.
      </p>
      <div className={styles.choices}>
        <RadioChips
          legend="Weights in ONNX"
          value={format}
          options={FORMATS}
          onChange={(value) => useOnnx.setState({ format: value })}
        />
        <RadioChips
          legend="Runs on"
          value={provider}
          options={PROVIDERS.map((option) => ({ ...option, refusal: option.value === 'webgpu' ? refusal : null }))}
          onChange={(value) => useOnnx.setState({ provider: value })}
        />
      </div>
      {refusal !== null && <p className={playground.dim}>Not on WebGPU: {refusal}.</p>}
      {work.kind === 'running' ? (
        <ProgressBar label={`${work.label}…`} share={work.share} onCancel={() => void cancelOnnx()} />
      ) : (
        <div className={playground.buttons}>
          <Button
            size="xs"
            variant="default"
            disabled={isEmpty}
            onClick={() => void compareEngines(subject, conditions)}
          >
            Compare with onnxruntime
          </Button>
          <Button
            size="xs"
            variant="default"
            disabled={isEmpty || runId === null}
            onClick={() => void measureLatency(subject, conditions)}
          >
            Time merged against base
          </Button>
          {runId === null && <span className={playground.dim}>Timing needs an adapter among the answerers.</span>}
        </div>
      )}
      {work.kind === 'failed' && <ErrorNote message={work.message} />}
      {compared !== null && <EngineTable {...compared} />}
      {timed !== null && <LatencyTable {...timed} />}
    </Panel>
  );
}
