// Subspace similarities asked for, by choice: each takes the worker milliseconds.
import { create } from 'zustand';
import { call } from '../../../worker/client.ts';
import { messageOf } from '../../stores/messageOf.ts';
import { analysisKey } from './analysisStore.ts';
import type { Similarity, SimilarityChoice } from './pictures/similarityPicture.tsx';

export type SimilarityStatus =
  | { kind: 'loading' }
  | { kind: 'ready'; found: Similarity }
  | { kind: 'failed'; message: string };

export const useSimilarityStore = create<Record<string, SimilarityStatus>>()(() => ({}));

export function similarityKey({ runs, place, side }: SimilarityChoice): string {
  return JSON.stringify([runs.map(({ run }) => analysisKey(run)), place.layer, place.target, side]);
}

export async function loadSimilarity(choice: SimilarityChoice): Promise<void> {
  const key = similarityKey(choice);
  if (useSimilarityStore.getState()[key]) return;
  useSimilarityStore.setState({ [key]: { kind: 'loading' } });
  const { runs, place, side } = choice;
  try {
    const found = await call('compareSubspaces', { runIds: [runs[0].run.id, runs[1].run.id], ...place, side });
    useSimilarityStore.setState({ [key]: { kind: 'ready', found } });
  } catch (error) {
    useSimilarityStore.setState({ [key]: { kind: 'failed', message: messageOf(error) } });
  }
}
