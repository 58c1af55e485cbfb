import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { rotaryConfigOf, rotaryTable } from './rotaryTable.ts';

interface Fixture {
  positions: number[];
  cases: { name: string; config: Record<string, unknown>; headDim: number; cosSin: number[][] }[];
}
const fixture: Fixture = JSON.parse(
  readFileSync(new URL('../../e2e/fixtures/model/rotary.json', import.meta.url), 'utf8'),
);

const options = { headDim: 16, maxPositions: 2048, fileName: 'config.json' };

describe.each(fixture.cases)('rotary table: $name', ({ config, headDim, cosSin }) => {
  it('agrees with transformers', () => {
    const rotary = rotaryConfigOf(config, { ...options, headDim });
    const table = rotaryTable(rotary, Math.max(...fixture.positions) + 1);
    fixture.positions.forEach((position, i) => {
      const row = table.subarray(position * headDim, (position + 1) * headDim);
      const difference = Math.max(...cosSin[i]!.map((value, c) => Math.abs(row[c]! - value)));
      // Two f32 steps of a value near 1.
      expect(difference, `position ${position}`).toBeLessThan(2e-7);
    });
  });
});

it('begins at any position', () => {
  const rotary = rotaryConfigOf({ rope_theta: 500 }, options);
  expect(rotaryTable(rotary, 3, 5)).toEqual(rotaryTable(rotary, 8).slice(5 * 16));
});

it('names a scaling it does not know', () => {
  const config = { rope_scaling: { rope_type: 'longrope', factor: 2 } };
  expect(() => rotaryConfigOf(config, options)).toThrow('config.json: rotary scaling "longrope" is not supported');
});

it('names a parameter that is missing or wrong', () => {
  expect(() => rotaryConfigOf({ rope_scaling: { type: 'linear' } }, options)).toThrow('linear needs factor');
  expect(() => rotaryConfigOf({ rope_theta: 'x' }, options)).toThrow('config.json: rope_theta: ');
  expect(() => rotaryConfigOf({ partial_rotary_factor: 0.5 }, options)).toThrow('partial_rotary_factor');
});
