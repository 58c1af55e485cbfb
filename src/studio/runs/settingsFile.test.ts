import { expect, it } from 'vitest';
import { settingsJson } from './settingsFile.ts';
import { TEST_SETTINGS, testRun, withRank } from './testRun.ts';

const { rank: _, alpha, targets, dropout } = TEST_SETTINGS.adapter;
const choices = {
  rank: [1, 4, 16],
  alpha: [alpha],
  targets: [targets],
  dropout: [dropout],
  learningRate: [1e-4, 1e-3],
  sharesRank: false,
};
const race = { id: 'race', name: 'Race', adapter: 'r4', place: 1, size: 6 };

it('are those of one adapter, or with the lists of its race', () => {
  const raced = testRun({ settings: withRank(4), race: { ...race, choices } });
  const one = { format: 'rankwise-settings', version: 1, taskId: 'sql', ...withRank(4) };
  expect(JSON.parse(settingsJson(raced, 'run'))).toEqual(one);
  expect(JSON.parse(settingsJson(raced, 'race'))).toEqual({ ...one, choices });
});

it('say how the first row of a table was read', () => {
  const run = testRun();
  const json = settingsJson({ ...run, data: { ...run.data, taskId: null, firstRow: 'data' } }, 'run');
  expect(JSON.parse(json)).toMatchObject({ firstRow: 'data' });
  expect(JSON.parse(json)).not.toHaveProperty('taskId');
});

it('are one adapter’s where no lists were kept', () => {
  expect(settingsJson(testRun(), 'race')).toBe(settingsJson(testRun(), 'run'));
  const older = testRun({ race });
  expect(settingsJson(older, 'race')).toBe(settingsJson(older, 'run'));
});
