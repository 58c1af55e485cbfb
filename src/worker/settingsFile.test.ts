import { describe, expect, it } from 'vitest';
import { DEFAULT_RUN_SETTINGS } from '../training/settings.ts';
import { readSettings } from './settingsFile.ts';

function written(changes: object = {}): string {
  return JSON.stringify({ format: 'rankwise-settings', version: 1, ...DEFAULT_RUN_SETTINGS, ...changes });
}

describe('settings as JSON', () => {
  it('are read as they were written', () => {
    expect(readSettings(written())).toEqual({ settings: DEFAULT_RUN_SETTINGS, taskId: null });
    expect(readSettings(written({ taskId: 'sql', more: 1 })).taskId).toBe('sql');
  });

  it('are refused by the field that is wrong', () => {
    const { adapter } = DEFAULT_RUN_SETTINGS;
    expect(() => readSettings('rank 8')).toThrow('not JSON');
    expect(() => readSettings('{"rank":8}')).toThrow('"format": "rankwise-settings"');
    expect(() => readSettings(written({ version: 2 }))).toThrow('newer Rankwise (version 2)');
    expect(() => readSettings(written({ adapter: { ...adapter, rank: 0 } }))).toThrow(/adapter\.rank/);
    expect(() => readSettings(written({ adapter: { ...adapter, targets: ['w'] } }))).toThrow(/adapter\.targets/);
  });
});
