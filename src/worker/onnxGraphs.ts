// The loaded model as ONNX for the runtime's worker, without going through the disk: the base, with an adapter merged in,
// or with the adapter left open.

import { zipStream } from '../formats/zipWriter.ts';
import { onnxAdaptersFolder } from '../onnx/adaptersFolder.ts';
import { onnxFolder } from '../onnx/onnxFolder.ts';
import { openAdapter } from './adapterStore.ts';
import { cancellable } from './cancelling.ts';
import { collectBlob } from './collectBlob.ts';
import { keptRun } from './library.ts';
import { requireModel } from './modelSession.ts';
import type { Calls } from './protocol.ts';

/** Stored, not packed: the browser may keep the zip on disk, and its graph is a window into it. */
export function writeOnnxGraph({ graph, runId, format }: Calls['writeOnnxGraph']['request']): Promise<Blob> {
  return cancellable('onnx', async (signal) => {
    const { folder, architecture } = requireModel().opened;
    const options = { dtype: format };
    const files = async () => {
      if (graph === 'base') return onnxFolder(folder, architecture, undefined, options);
      const adapter = await openAdapter(runId, architecture);
      if (graph === 'merged') return onnxFolder(folder, architecture, adapter, options);
      const { name } = await keptRun(runId);
      return onnxAdaptersFolder(folder, architecture, [{ name, ...adapter }], options);
    };
    const stoppable = new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        signal.throwIfAborted();
        controller.enqueue(chunk);
      },
    });
    return collectBlob(zipStream(await files()).pipeThrough(stoppable), 'application/zip');
  });
}
