import { expect, it } from 'vitest';
import { settingsForModel } from './settingsForModel.ts';
import { STANDARD_SETTINGS } from './settingsStore.ts';
import type { Target } from './settingsTypes.ts';

const model = (names: Target[], layers: number, maxPositions: number) => ({
  targets: names.map((target) => ({ target, moduleName: target, inFeatures: 4, outFeatures: 4 })),
  layers,
  maxPositions,
});
const { adapter, training } = STANDARD_SETTINGS;

it('keeps what the model can have, as the same object', () => {
  expect(settingsForModel(STANDARD_SETTINGS, model(['q', 'k', 'v', 'o'], 2, 512))).toBe(STANDARD_SETTINGS);
});

it('shortens rows to the positions and leaves the adapter alone', () => {
  const fitted = settingsForModel(STANDARD_SETTINGS, model(['q', 'v'], 2, 64));
  expect(fitted.adapter).toBe(adapter);
  expect(fitted.training).toEqual({ ...training, maxLength: 64 });
});

it('drops matrices and layers that are not there, and takes the first matrix where none is left', () => {
  const settings = { adapter: { ...adapter, layers: [1, 3] satisfies [number, number] }, training };
  const fitted = settingsForModel(settings, model(['v', 'o'], 2, 512));
  expect(fitted.adapter).toEqual({ ...adapter, targets: ['v'], layers: undefined });
  expect(fitted.training).toBe(training);
  expect(settingsForModel(settings, model(['qkv', 'o'], 4, 512)).adapter).toEqual({
    ...adapter,
    targets: ['qkv'],
    layers: [1, 3],
  });
});
