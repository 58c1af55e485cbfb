// The folder that is open: what it is, which graph, where it runs.
import { Button } from '@mantine/core';
import type { OpeningPhase, Provider } from '../../../../runtime/protocol.ts';
import { formatBytes, formatDuration, formatNoun } from '../../../format.ts';
import { ErrorNote } from '../../../panels/ErrorNote.tsx';
import { Panel } from '../../../panels/Panel.tsx';
import { ProgressBar } from '../../../panels/ProgressBar.tsx';
import { RadioChips } from '../../../panels/RadioChips.tsx';
import playground from '../playground.module.css';
import styles from './exported.module.css';
import { type Chosen, forgetFolder, providerRefusal, reopen, useExported } from './exportedStore.ts';

const PHASES: Record<OpeningPhase, string> = {
  runtime: 'Fetching onnxruntime',
  graph: 'Reading the model',
  session: 'Making the session',
};

const PROVIDER_NAMES: Record<Provider, string> = { webgpu: 'WebGPU', wasm: 'WebAssembly' };

export function ExportedModel() {
  const state = useExported((store) => store.state);
  if (!('chosen' in state) || state.chosen === null) return null;
  const { chosen } = state;
  return (
    <Panel
      title={chosen.folder.name}
      note={factsOf(chosen)}
      actions={
        <Button size="xs" variant="default" onClick={forgetFolder}>
          Close
        </Button>
      }
    >
      <div className={styles.choices}>
        <RadioChips
          legend="Graph"
          value={chosen.graph}
          options={chosen.folder.graphs.map(({ file, precision, sizeBytes }) => ({
            value: file,
            label: precision,
            detail: formatBytes(sizeBytes),
          }))}
          onChange={(graph) => void reopen({ graph, ...fallback(chosen, graph) })}
        />
        <RadioChips
          legend="Runs on"
          value={chosen.provider}
          options={(['webgpu', 'wasm'] as const).map((provider) => ({
            value: provider,
            label: PROVIDER_NAMES[provider],
            refusal: refusalOf(chosen, chosen.graph, provider),
          }))}
          onChange={(provider) => void reopen({ provider })}
        />
      </div>
      <WebGpuNote chosen={chosen} />
      {state.kind === 'opening' && (
        <ProgressBar
          label={`${PHASES[state.progress?.phase ?? 'runtime']}…`}
          share={
            state.progress === null || state.progress.totalBytes === 0
              ? null
              : state.progress.doneBytes / state.progress.totalBytes
          }
          detail={
            state.progress === null || state.progress.totalBytes === 0
              ? undefined
              : `${formatBytes(state.progress.doneBytes)} of ${formatBytes(state.progress.totalBytes)}`
          }
          onCancel={forgetFolder}
        />
      )}
      {state.kind === 'open' && (
        <p role="status" className={playground.dim}>
          Ready in {PROVIDER_NAMES[state.model.provider]} after {formatDuration(state.model.openMs)}
          {state.model.takesAdapters && `; adapters are inputs, switched with each answer`}.
        </p>
      )}
      {state.kind === 'failed' && <ErrorNote message={state.message} />}
    </Panel>
  );
}

function WebGpuNote({ chosen }: { chosen: Chosen }) {
  const refusal = refusalOf(chosen, chosen.graph, 'webgpu');
  return refusal === null ? null : <p className={playground.dim}>Not on WebGPU: {refusal}.</p>;
}

function refusalOf({ folder, webGpu }: Chosen, graph: string, provider: Provider): string | null {
  return providerRefusal(provider, folder.graphs.find(({ file }) => file === graph)?.needsF16 ?? false, webGpu);
}

/** A graph that cannot run where the last one did goes to WebAssembly. */
function fallback(chosen: Chosen, graph: string): { provider?: Provider } {
  return refusalOf(chosen, graph, chosen.provider) === null ? {} : { provider: 'wasm' };
}

function factsOf({ folder: { modelType, adapters, maxPositions } }: Chosen): string {
  return [
    modelType,
    maxPositions === null ? null : `${maxPositions} positions`,
    adapters.length === 0 ? null : formatNoun(adapters.length, 'adapter'),
  ]
    .filter((fact) => fact !== null)
    .join(' · ');
}
