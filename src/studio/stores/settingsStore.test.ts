import { beforeEach, describe, expect, it } from 'vitest';
import { testRun } from '../runs/testRun.ts';
import { changeAdapter, changeTraining, STANDARD_SETTINGS, startFromRun, useSettingsStore } from './settingsStore.ts';

beforeEach(() => useSettingsStore.setState({ settings: STANDARD_SETTINGS, startFrom: null, plan: { kind: 'none' } }));

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
