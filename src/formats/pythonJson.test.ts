import fc from 'fast-check';
import { expect, test } from 'vitest';
import { PythonFloat, pythonJson } from './pythonJson.ts';

test("writes floats as Python's repr does", () => {
  const cases: [number, string][] = [
    [0, '0.0'],
    [-0.5, '-0.5'],
    [0.0001, '0.0001'],
    [0.00001, '1e-05'],
    [1.5e-7, '1.5e-07'],
    [1e15, '1000000000000000.0'],
    [1e16, '1e+16'],
    [1.25e100, '1.25e+100'],
    [123456.75, '123456.75'],
  ];
  for (const [value, text] of cases) expect(pythonJson(new PythonFloat(value))).toBe(text);
});

test('sorts keys by code point, escapes all but ASCII, keeps empty brackets on one line', () => {
  expect(pythonJson({ b: [], '\u{1f600}': {}, '\uff5e': [1, ['\u007f½\n']], a: null })).toBe(
    '{\n  "a": null,\n  "b": [],\n  "\\uff5e": [\n    1,\n    [\n      "\\u007f\\u00bd\\n"\n    ]\n  ],\n  "\\ud83d\\ude00": {}\n}',
  );
});

test('is JSON of the same value', () => {
  fc.assert(
    fc.property(fc.jsonValue({ noUnicodeString: false }), (value) => {
      const plain: Parameters<typeof pythonJson>[0] = JSON.parse(JSON.stringify(value));
      expect(JSON.parse(pythonJson(plain))).toEqual(plain);
    }),
  );
});
