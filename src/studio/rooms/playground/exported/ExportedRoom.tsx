// The Playground without our engine: a folder that was exported as ONNX, run in onnxruntime-web. It needs no WebGPU.
import { useEffect } from 'react';
import { routeTo } from '../../../routing.ts';
import styles from '../playground.module.css';
import { SamplingPanel } from '../SamplingPanel.tsx';
import { ExportedAnswer } from './ExportedAnswer.tsx';
import { ExportedModel } from './ExportedModel.tsx';
import { ExportedPrompt } from './ExportedPrompt.tsx';
import { forgetFolder, useExported } from './exportedStore.ts';
import { OpenFolder } from './OpenFolder.tsx';

/** `reason`: why there is no WebGPU; null where there is. */
export function ExportedRoom({ reason }: { reason: string | null }) {
  const state = useExported((store) => store.state);
  const hasFolder = 'chosen' in state && state.chosen !== null;
  // Leaving gives the model's memory back.
  useEffect(() => forgetFolder, []);
  return (
    <div className={styles.room}>
      <div className={styles.main}>
        {reason === null && (
          <p className={styles.model}>
            An exported model, answering in onnxruntime-web.{' '}
            <a href={routeTo('playground')}>Back to the model that is loaded</a>
          </p>
        )}
        {hasFolder ? <ExportedModel /> : <OpenFolder reason={reason} />}
        {state.kind === 'open' && (
          <>
            <ExportedPrompt chosen={state.chosen} model={state.model} />
            <ExportedAnswer />
          </>
        )}
      </div>
      <div className={styles.side}>{state.kind === 'open' && <SamplingPanel />}</div>
    </div>
  );
}
