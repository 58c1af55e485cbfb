import { expect, test } from 'vitest';
import { adapterCard } from './adapterCard.ts';
import { readCard } from './readCard.ts';

const run = {
  title: 'Towns',
  baseModel: 'a/b',
  isOnHub: true,
  data: { name: 'my_pairs, and more [1].csv', pairs: 42_061, validationPairs: 500 },
  settings: [
    ['Learning rate', '2e-4 | cosine'],
    ['Steps', '6 of 6'],
  ] as const,
  results: [['Validation loss', '1.23']] as const,
};
const config = {
  baseModel: 'a/b',
  revision: null,
  taskType: 'CAUSAL_LM',
  rank: 8,
  alpha: 16,
  dropout: 0,
  targetModules: ['q_proj'],
  fanInFanOut: false,
  useRslora: false,
  layersToTransform: null,
  layersPattern: null,
  rankPattern: {},
  alphaPattern: {},
};

test('a card of ours gives back what it was made of', () => {
  const { title: _t, baseModel: _b, ...said } = run;
  expect(readCard(adapterCard({ ...run, config, trainedParameters: 7 }))).toEqual(said);
  const { data: _d, ...foreign } = run;
  const none = { isOnHub: false, settings: [], results: [] };
  expect(readCard(adapterCard({ ...foreign, ...none, config, trainedParameters: 7 }))).toEqual(none);
});

test('a card of somebody else says nothing of a run', () => {
  expect(readCard('# A model\n\n## Training\n\nIt was trained with care.\n')).toEqual({
    isOnHub: false,
    settings: [],
    results: [],
  });
});
