import { describe, expect, it } from 'vitest';
import { runFields, splitFields } from './runFields.ts';
import { TEST_SETTINGS, testRun, withRank } from './testRun.ts';

describe('runFields', () => {
  it('has a field for every setting', () => {
    const keys = new Set(runFields(testRun()).map(({ key }) => key));
    const { adapter, training } = TEST_SETTINGS;
    const renamed = ['useRslora', 'length'];
    for (const key of [...Object.keys(adapter), ...Object.keys(training)]) {
      if (!renamed.includes(key)) expect(keys).toContain(key);
    }
    expect(keys.size).toBe(runFields(testRun()).length);
  });
});

it('says of an imported adapter only what is known', () => {
  const keys = runFields(testRun({ isImported: true })).map(({ key }) => key);
  expect(keys).toContain('rank');
  expect(keys).not.toContain('learningRate');
});

describe('splitFields', () => {
  it('sets what differs apart from what is the same', () => {
    const runs = [testRun(), testRun({ id: 'run-2', settings: withRank(64) })];
    const { differing, equal } = splitFields(runs);
    expect(differing).toEqual([{ key: 'rank', label: 'Rank (r)', texts: ['8', '64'] }]);
    expect(equal.map(({ key }) => key)).toContain('learningRate');
  });

  it('leaves a setting empty that a run does not have, in the place where another has it', () => {
    const sgd = structuredClone(TEST_SETTINGS);
    sgd.training.optimizer = { kind: 'sgd', momentum: 0.9 };
    sgd.training.length = { kind: 'epochs', epochs: 2 };
    const { differing } = splitFields([testRun(), testRun({ settings: sgd })]);
    expect(runFields(testRun({ settings: sgd })).map(({ key }) => key)).not.toContain('beta1');
    expect(differing.map(({ key, texts }) => [key, ...texts])).toEqual([
      ['optimizer', 'AdamW', 'SGD'],
      ['beta1', '0.9', ''],
      ['beta2', '0.999', ''],
      ['eps', '1e-8', ''],
      ['momentum', '', '0.9'],
      ['steps', '200', ''],
      ['epochs', '', '2'],
    ]);
  });

  it('calls everything equal for one run', () => {
    expect(splitFields([testRun()]).differing).toEqual([]);
  });
});
