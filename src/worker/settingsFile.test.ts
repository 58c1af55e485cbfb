import { describe, expect, it } from 'vitest';
import { choicesOf } from '../training/race.ts';
import { DEFAULT_RUN_SETTINGS } from '../training/settings.ts';
import { readSettings } from './settingsFile.ts';

function written(changes: object = {}): string {
  return JSON.stringify({ format: 'rankwise-settings', version: 1, ...DEFAULT_RUN_SETTINGS, ...changes });
}

describe('settings as JSON', () => {
  it('are read as they were written', () => {
    expect(readSettings(written())).toEqual({
      settings: DEFAULT_RUN_SETTINGS,
      choices: null,
      taskId: null,
      firstRow: null,
    });
    expect(readSettings(written({ taskId: 'sql', more: 1 })).taskId).toBe('sql');
    expect(readSettings(written({ firstRow: 'data' })).firstRow).toBe('data');
    expect(() => readSettings(written({ firstRow: 'last' }))).toThrow(/firstRow/);
  });

  it('of a race bring its lists', () => {
    const choices = { ...choicesOf(DEFAULT_RUN_SETTINGS), rank: [1, 64], targets: [['q'], ['q', 'v']] };
    expect(readSettings(written({ choices })).choices).toEqual(choices);
    const { sharesRank: _, ...older } = choices;
    expect(readSettings(written({ choices: older })).choices).toEqual(choices);
    expect(() => readSettings(written({ choices: { ...choices, rank: [] } }))).toThrow(/choices\.rank/);
    expect(() => readSettings(written({ choices: { ...choices, rank: [1, 1] } }))).toThrow('the same');
    const many = Array.from({ length: 40 }, (_, i) => i + 1);
    expect(() => readSettings(written({ choices: { ...choices, rank: many } }))).toThrow('80 adapters');
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
