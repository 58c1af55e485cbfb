// Our engine's logits of a text, for whoever compares another engine with it.
import { flatElements } from '../adapters/adapterSet.ts';
import { answeringAdapters, placeParameters } from '../adapters/answering.ts';
import { type LogitsOptions, streamLogits } from '../model/logits.ts';
import { openAdapter } from './adapterStore.ts';
import { cancellable } from './cancelling.ts';
import { withFrozen } from './mergedState.ts';
import { requireModel } from './modelSession.ts';
import type { Answerer } from './protocol/playground.ts';
import type { Calls } from './protocol.ts';

/** At most so many logits at one time; fewer positions are read where the vocabulary is large. */
const MOST_LOGITS = 16 << 20;

/** Logits [positions, vocabulary] of the last tokens of `ids`, as many as wanted or as there is room for. */
export function readLogits({
  answerer,
  ids,
  positions,
}: Calls['readLogits']['request']): Promise<Float32Array<ArrayBuffer>> {
  const { gpu, frozen } = requireModel();
  const { vocabularySize } = frozen.architecture;
  const rows = Math.max(1, Math.min(ids.length, positions, Math.floor(MOST_LOGITS / vocabularySize)));
  const logits = new Float32Array(rows * vocabularySize);
  const keep = (token: number, row: Float32Array) => {
    const place = token - (ids.length - rows);
    if (place >= 0) logits.set(row, place * vocabularySize);
  };
  return cancellable('onnx', (signal) =>
    withFrozen(() =>
      withAdapter(answerer, async (options) => {
        await streamLogits(gpu, frozen, ids, keep, { ...options, signal });
        return logits;
      }),
    ),
  );
}

async function withAdapter<T>(answerer: Answerer, use: (options: LogitsOptions) => Promise<T>): Promise<T> {
  if (answerer.kind === 'base') return use({});
  const { gpu, frozen } = requireModel();
  const { architecture } = frozen;
  const { layout, block } = await openAdapter(answerer.runId, architecture);
  const flat = new Float32Array(flatElements([layout]));
  flat.set(block, layout.start);
  const parameters = placeParameters(gpu, flat);
  try {
    const adapters = answeringAdapters(architecture, [layout], parameters);
    return await use({ adapters, choice: { adapter: 0, strength: answerer.strength } });
  } finally {
    gpu.free(parameters.allocation);
  }
}
