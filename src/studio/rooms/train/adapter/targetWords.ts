// The matrices in the paper's names and in plain words.
import type { Target } from '../../../stores/settingsTypes.ts';

export const TARGET_WORDS: Record<Target, { label: string; detail: string }> = {
  q: { label: 'Wq', detail: 'queries' },
  k: { label: 'Wk', detail: 'keys' },
  v: { label: 'Wv', detail: 'values' },
  o: { label: 'Wo', detail: 'output' },
  gate: { label: 'Gate', detail: 'MLP gate' },
  up: { label: 'Up', detail: 'MLP in' },
  down: { label: 'Down', detail: 'MLP out' },
  qkv: { label: 'Wqkv', detail: 'q, k, v as one' },
};
