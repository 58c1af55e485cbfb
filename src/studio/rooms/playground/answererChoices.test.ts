import { expect, it } from 'vitest';
import type { ModelDescription } from '../../../worker/protocol/model.ts';
import { testRun } from '../../runs/testRun.ts';
import { adapterChoices, answererName, firstAdapter, nameWithRank } from './answererChoices.ts';

const model: ModelDescription = {
  name: 'Tiny',
  baseModelId: 'tiny',
  revision: null,
  modelType: 'llama',
  parameters: 1,
  layers: 1,
  hiddenSize: 1,
  heads: 1,
  keyValueHeads: 1,
  headDim: 1,
  vocabularySize: 1,
  maxPositions: 1,
  storedFormat: 'f32',
  fileFormat: 'safetensors',
  storedTypes: [],
  weightBytes: [],
  targets: [],
  hasChatTemplate: false,
  isKeptCopy: false,
};
const other = { name: 'Large', baseModelId: 'large', modelType: 'llama', weights: 'f32', source: 'hub' } as const;
const runs = [
  testRun({ id: 'other', model: other }),
  testRun({ id: 'imported', isImported: true }),
  testRun({ id: 'none', hasAdapter: false }),
  testRun({ id: 'mine' }),
];

it('refuses adapters of another model, saying which they need, and leaves out runs without one', () => {
  const choices = adapterChoices(runs, model);
  expect(choices.map(({ run, refusal }) => [run.id, refusal])).toEqual([
    ['other', 'needs Large'],
    ['imported', null],
    ['mine', null],
  ]);
  expect(firstAdapter(choices, null)?.id).toBe('imported');
  expect(firstAdapter(choices, 'mine')?.id).toBe('mine');
  expect(firstAdapter(choices, 'other')).toBeNull();
});

it('names an answerer with rank and strength', () => {
  expect(answererName({ kind: 'base' }, runs)).toBe('Base');
  expect(nameWithRank(testRun({ name: 'SQL, r 8' }))).toBe('SQL, r 8');
  for (const name of ['SQL, r 1, 8: r8', 'SQL, race of 4: r8-q.v']) expect(nameWithRank(testRun({ name }))).toBe(name);
  expect(nameWithRank(testRun({ name: 'SQL, r 8, 64: r64' }))).toBe('SQL, r 8, 64: r64, r 8');
  expect(answererName({ kind: 'adapter', runId: 'mine', strength: 1 }, runs)).toBe('First run, r 8');
  expect(answererName({ kind: 'adapter', runId: 'mine', strength: 0.5 }, runs)).toBe('First run, r 8, strength 0.5');
});
