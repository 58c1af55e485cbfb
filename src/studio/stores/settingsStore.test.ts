import { beforeEach, describe, expect, it } from 'vitest';
import { testRun } from '../runs/testRun.ts';
import {
  adapterCount,
  changeAdapter,
  changeChoices,
  changeTraining,
  STANDARD_SETTINGS,
  setSettings,
  startFromRun,
  useSettingsStore,
} from './settingsStore.ts';

beforeEach(() => {
  setSettings(STANDARD_SETTINGS);
  useSettingsStore.setState({ plan: { kind: 'none' } });
});

const kept = testRun({
  settings: { ...STANDARD_SETTINGS, adapter: { ...STANDARD_SETTINGS.adapter, rank: 4, targets: ['o'] } },
});

describe('training on from a kept adapter', () => {
  it('takes its shape and keeps the training settings', () => {
    changeTraining({ learningRate: 1e-3 });
    startFromRun(kept);
    const { settings, startFrom } = useSettingsStore.getState();
    expect(startFrom).toBe(kept.id);
    expect(settings.adapter).toEqual(kept.settings.adapter);
    expect(settings.training.learningRate).toBe(1e-3);
  });

  it('holds while dropout and training change, and ends when the shape does', () => {
    startFromRun(kept);
    changeAdapter({ dropout: 0.1 });
    changeTraining({ batchSize: 2 });
    expect(useSettingsStore.getState().startFrom).toBe(kept.id);
    changeAdapter({ rank: 16 });
    expect(useSettingsStore.getState().startFrom).toBeNull();
  });
});

describe('a race', () => {
  it('is the combinations of the chosen values; the settings are those of the first', () => {
    changeChoices({ rank: [1, 4, 16], learningRate: [1e-4, 1e-3] });
    const { settings, choices } = useSettingsStore.getState();
    expect(adapterCount(choices)).toBe(6);
    expect(settings.adapter.rank).toBe(1);
    expect(settings.training.learningRate).toBe(1e-4);
    changeAdapter({ rank: 8 });
    expect(useSettingsStore.getState().choices.rank).toEqual([8]);
    expect(adapterCount(useSettingsStore.getState().choices)).toBe(2);
  });

  it('starts from new adapters, and shares a rank only among several choices of matrices', () => {
    startFromRun(kept);
    changeChoices({ dropout: [0.2] });
    expect(useSettingsStore.getState().startFrom).toBe(kept.id);
    changeChoices({ dropout: [0, 0.2] });
    expect(useSettingsStore.getState().startFrom).toBeNull();
    changeChoices({ targets: [['q'], ['q', 'v']], sharesRank: true });
    expect(useSettingsStore.getState().choices.sharesRank).toBe(true);
    changeChoices({ targets: [['q']] });
    expect(useSettingsStore.getState().choices.sharesRank).toBe(false);
  });
});
